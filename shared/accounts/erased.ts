import { users } from "../collections.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { holdsPersonalData, withoutPersonalData } from "../events/erase.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";

/** The ending of whatever would keep something about an erased person. */
export const ERASED = skip("the person was erased");

/** Whether a person was erased. Asked in the transaction that would keep something about them, it cannot come too late. */
export async function isErased(userId: string, documents: Pick<Work, "get">): Promise<boolean> {
  return (await documents.get(users, userId))?.erased_at_ms !== undefined;
}

/**
 * An event as it may be kept: of an erased person it says no more than what happened. Only an event that says more
 * costs the look whether they were.
 */
export async function asMayBeKept<E extends PulseCartEvent>(
  event: E,
  documents: Pick<Work, "get">,
): Promise<E> {
  const { user_id } = event;
  if (user_id === undefined || !holdsPersonalData(event)) return event;
  if (!(await isErased(user_id, documents))) return event;
  // It has the type's own shape: only fields that the type does not demand were taken out.
  return { ...event, payload: withoutPersonalData({ ...event })?.["payload"] ?? {} } as E;
}
