import { hashOf } from "../../values/ids.ts";
import type { LaneStatus } from "./ledger-state.ts";

/**
 * One key's events for one reaction, waiting behind one that failed, in the order they were published. It exists
 * as long as somebody waits in it; while it does, every new event of the key joins it.
 */
export interface Lane {
  reaction: string;
  key: string;
  places: LanePlace[];
  /** Nobody works on the head: somebody must drain the lane. What the sweep looks for. */
  head_is_queued: boolean;
  changed_at_ms: number;
}

export interface LanePlace {
  ledger_id: string;
  published_at_ms: number;
  /** Queued ones are taken by a drain; a failed one is tried again by its release. */
  is_queued: boolean;
}

/** What an event carries to find its lane and its place in it. Kept in its ledger entry. */
export interface LaneTicket {
  id: string;
  reaction: string;
  key: string;
  published_at_ms: number;
}

/**
 * The most that wait in one lane: at some 100 bytes each it stays far below a document's 1 MiB. More than this
 * behind one failure is no shopper; what comes after is parked.
 */
export const MAX_LANE_PLACES = 5_000;

/** Hashed, because a key is whatever a producer wrote. */
export function laneId(reaction: string, key: string): string {
  return `${reaction}~${hashOf(key)}`;
}

export function laneTicket(ticket: Omit<LaneTicket, "id">): LaneTicket {
  return { id: laneId(ticket.reaction, ticket.key), ...ticket };
}

/** Where an event of this lane stands. */
export function standingIn(lane: Lane | undefined, ledgerId: string): LaneStatus {
  const head = lane?.places[0];
  if (!head) return "empty";
  return head.ledger_id === ledgerId ? "head" : "behind";
}

export function isFull(lane: Lane | undefined): boolean {
  return (lane?.places.length ?? 0) >= MAX_LANE_PLACES;
}

/** The lane with this event in it, at the place its publishing gave it; one that is in it keeps its place. */
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
  // Pub/Sub delivers a key in its order: those of the same millisecond stay as they come.
  const next = places.findIndex(other => other.published_at_ms > published_at_ms);
  return laneOf({
    reaction,
    key,
    places: places.toSpliced(next < 0 ? places.length : next, 0, place),
    nowMs,
  });
}

/** The lane without this event; undefined when nobody is left, then the lane goes. */
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
