import { users } from "../collections.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { holdsPersonalData, withoutPersonalData } from "../events/erase.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";

/** Skip of an event or a mail about an erased person. */
export const PERSON_ERASED = skip("the person was erased");

/**
 * Tells whether a person was erased. The read belongs to the transaction that stores something about the person, so a
 * concurrent erasure conflicts with it.
 */
export async function isErased(userId: string, documents: Pick<Work, "get">): Promise<boolean> {
  return (await documents.get(users, userId))?.erased_at_ms !== undefined;
}

/**
 * Removes the personal data from an event of an erased person. Only an event with personal data costs a read.
 * @returns the same object when nothing has to be removed
 */
export async function redactIfErased<E extends PulseCartEvent>(
  event: E,
  documents: Pick<Work, "get">,
): Promise<E> {
  const { user_id } = event;
  if (user_id === undefined || !holdsPersonalData(event)) return event;
  if (!(await isErased(user_id, documents))) return event;
  // The payload still fits the type: required personal fields were replaced, the other ones removed.
  return { ...event, payload: withoutPersonalData({ ...event })?.["payload"] ?? {} } as E;
}
