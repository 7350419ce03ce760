import { users } from "../collections.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { holdsPersonalData, withoutPersonalData } from "../events/erase.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";
import { isOrderErased } from "./erased-order.ts";

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
 * Tells what was erased of an event with personal data: its person, or its order, which is a guest's. Only an event with
 * personal data costs reads.
 */
export async function erasedOf(
  event: PulseCartEvent,
  documents: Pick<Work, "get" | "set">,
): Promise<"person" | "order" | undefined> {
  if (!holdsPersonalData(event)) return undefined;
  const { user_id } = event;
  if (user_id !== undefined && (await isErased(user_id, documents))) return "person";
  return (await isOrderErased(event, documents)) ? "order" : undefined;
}

/** Removes the personal data from an event. */
export function redacted<E extends PulseCartEvent>(event: E): E {
  // The payload still fits the type: required personal fields were replaced, the other ones removed.
  return { ...event, payload: withoutPersonalData({ ...event })?.["payload"] ?? {} } as E;
}

/**
 * Removes the personal data from an event of an erased person, or about an erased order.
 * @returns the same object when nothing has to be removed
 */
export async function redactIfErased<E extends PulseCartEvent>(
  event: E,
  documents: Pick<Work, "get" | "set">,
): Promise<E> {
  return (await erasedOf(event, documents)) ? redacted(event) : event;
}
