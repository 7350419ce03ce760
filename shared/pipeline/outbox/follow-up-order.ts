import { subjectOf } from "../../events/envelope.ts";
import type { FollowUp } from "../records/ledger-entry.ts";

/**
 * Max follow-ups that are sent at the same time. A page of the day close may emit hundreds of events, each in a publish
 * request of its own.
 */
export const MAX_TOGETHER = 50;

/**
 * Splits follow-ups into groups that are sent one after the other. Neighbouring events about different subjects have no
 * order among them, so they share a group.
 */
export function* inOrder(followUps: readonly FollowUp[]): Generator<FollowUp[]> {
  let together: FollowUp[] = [];
  const subjects = new Set<string>();
  for (const followUp of followUps) {
    const subject = followUp.kind === "event" ? subjectOf(JSON.parse(followUp.event)) : undefined;
    const isFree = subject !== undefined && subjects.size > 0 && !subjects.has(subject);
    if (together.length > 0 && (!isFree || together.length === MAX_TOGETHER)) {
      yield together;
      together = [];
      subjects.clear();
    }
    together.push(followUp);
    if (subject !== undefined) subjects.add(subject);
  }
  if (together.length > 0) yield together;
}
