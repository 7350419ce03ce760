import { clock } from "../../clock.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import type { Message } from "../receive/message.ts";
import { causeOf, laneKeyOf, unreadableCause } from "../receive/received-event.ts";
import type { LaneTicket } from "../records/lane.ts";
import { laneTicket } from "../records/lane.ts";
import { ledgerId } from "../records/ledger.ts";
import type { LedgerEntry } from "../records/ledger-entry.ts";
import type { Origin } from "../records/ledger-state.ts";
import { DELIVERY } from "../records/ledger-state.ts";
import type { Attempt } from "./attempt.ts";

/**
 * Creates the first attempt of a reaction at an event. `by` is the reaction's name.
 * @returns the attempt, with the event's place among the events of its key: Pub/Sub keeps the order of a key
 */
export function deliveryAttempt(
  by: string,
  event: PulseCartEvent,
  { publishTime, fingerprint }: { publishTime: string; fingerprint: string },
): Attempt & { lane: LaneTicket } {
  const cause = causeOf(event, fingerprint);
  const publishedMs = Date.parse(publishTime);
  const published_at_ms = Number.isNaN(publishedMs) ? Date.parse(event.received_at) : publishedMs;
  return {
    ledgerId: ledgerId(by, cause),
    by,
    cause,
    nowMs: clock.now(),
    origin: DELIVERY,
    event: () => JSON.stringify(event),
    lane: laneTicket({ reaction: by, key: laneKeyOf(event), published_at_ms }),
  };
}

/** Creates the first attempt at a message that holds no event. */
export function unreadableAttempt(by: string, message: Message): Attempt {
  const cause = unreadableCause(message);
  const event = () => message.data.toString("utf8");
  return { ledgerId: ledgerId(by, cause), by, cause, nowMs: clock.now(), origin: DELIVERY, event };
}

/**
 * Creates another attempt at a deferred, queued or parked entry.
 * @returns undefined when the entry keeps no event: the entry is final, or the event was too large
 */
export function retryAttempt(id: string, entry: LedgerEntry, origin: Origin): Attempt | undefined {
  const { event: kept, by, cause, lane } = entry;
  if (kept === undefined) return undefined;
  return { ledgerId: id, by, cause, nowMs: clock.now(), origin, event: () => kept, lane };
}
