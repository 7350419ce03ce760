import { hashOf } from "../../values/ids.ts";
import type { LaneStatus } from "./ledger-state.ts";

/**
 * The queue (FIFO) of one key in one ordered reaction: events that wait behind a failed one, by publish time. A lane
 * exists while an event waits in it. Meanwhile every new event of the key joins the lane.
 */
export interface Lane {
  reaction: string;
  key: string;
  places: LanePlace[];
  /** True when the head is queued, so that a drain must run it. The sweep looks for such lanes. */
  head_is_queued: boolean;
  changed_at_ms: number;
}

export interface LanePlace {
  ledger_id: string;
  published_at_ms: number;
  /** True for an event that a drain runs; false for a failed event, which its release runs. */
  is_queued: boolean;
}

/** The lane of an event and the event's place in it. Its ledger entry keeps the ticket. */
export interface LaneTicket {
  id: string;
  reaction: string;
  key: string;
  published_at_ms: number;
}

/**
 * Max events per lane. At some 100 bytes each the lane stays far below the 1 MiB of a document. No shopper causes more
 * events behind one failure; further events are parked.
 */
export const MAX_LANE_PLACES = 5_000;

/** Returns the id of a lane. Hashed, because the producer chooses the key. */
export function laneId(reaction: string, key: string): string {
  return `${reaction}~${hashOf(key)}`;
}

export function laneTicket(ticket: Omit<LaneTicket, "id">): LaneTicket {
  return { id: laneId(ticket.reaction, ticket.key), ...ticket };
}

/** Returns the status of an event in its lane. */
export function laneStatusOf(lane: Lane | undefined, ledgerId: string): LaneStatus {
  const head = lane?.places[0];
  if (!head) return "empty";
  return head.ledger_id === ledgerId ? "head" : "behind";
}

export function isFull(lane: Lane | undefined): boolean {
  return (lane?.places.length ?? 0) >= MAX_LANE_PLACES;
}

/** Returns the lane with an event at the place of its publish time. An event that is in the lane keeps its place. */
export function join(
  lane: Lane | undefined,
  ticket: LaneTicket,
  { ledgerId, isQueued, nowMs }: { ledgerId: string; isQueued: boolean; nowMs: number },
): Lane {
  const { reaction, key, published_at_ms } = ticket;
  const place: LanePlace = { ledger_id: ledgerId, published_at_ms, is_queued: isQueued };
  const places = lane?.places ?? [];
  const at = places.findIndex(({ ledger_id }) => ledger_id === ledgerId);
  if (at >= 0) return laneOf({ reaction, key, places: places.with(at, place), nowMs });
  // Pub/Sub delivers a key in order: events of the same millisecond keep the order of their arrival.
  const next = places.findIndex(other => other.published_at_ms > published_at_ms);
  return laneOf({
    reaction,
    key,
    places: places.toSpliced(next < 0 ? places.length : next, 0, place),
    nowMs,
  });
}

/**
 * Returns the lane without an event.
 * @returns undefined when the lane is empty: it is deleted then
 */
export function leave(lane: Lane, ledgerId: string, nowMs: number): Lane | undefined {
  const places = lane.places.filter(({ ledger_id }) => ledger_id !== ledgerId);
  return places.length === 0 ? undefined : laneOf({ ...lane, places, nowMs });
}

function laneOf({
  reaction,
  key,
  places,
  nowMs,
}: Pick<Lane, "reaction" | "key" | "places"> & { nowMs: number }): Lane {
  return { reaction, key, places, head_is_queued: places[0]?.is_queued ?? false, changed_at_ms: nowMs };
}
