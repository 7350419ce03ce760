import type { Lane, LaneTicket } from "../../../shared/pipeline/records/lane.ts";
import { join, laneTicket, leave } from "../../../shared/pipeline/records/lane.ts";
import type { Setting } from "./setting.ts";
import { isOff } from "./setting.ts";
import type { Drain, Entry, World } from "./world.ts";
import { ledgerIdOf } from "./world.ts";

/** The model has no clock: no property here may depend on the time. */
const NOW_MS = 0;

/** An event and whether its attempt reads a lane. */
export interface LaneUser {
  event: number;
  hasLane: boolean;
}

export function laneOf(world: World, { keys }: Setting, { event, hasLane }: LaneUser): Lane | undefined {
  return hasLane ? (world.lanes[keys[event] ?? 0] ?? undefined) : undefined;
}

/** Returns the world in which the event has its place in the lane of its key. */
export function joinLane(
  world: World,
  setting: Setting,
  { event, hasLane, lane, isQueued }: LaneUser & { lane: Lane | undefined; isQueued: boolean },
): World {
  if (!hasLane) return world;
  const place = { ledgerId: ledgerIdOf(event), isQueued, nowMs: NOW_MS };
  return withLane(world, setting, { event, lane: join(lane, ticketOf(setting, event), place) });
}

/** Returns the world in which the event has left its lane, and the drain for the events behind. */
export function leaveLane(
  world: World,
  setting: Setting,
  { event, lane, before }: { event: number; lane: Lane | undefined; before: Entry | undefined },
): { world: World; drain?: Drain } {
  if (!lane) return { world };
  const rest = leave(lane, ledgerIdOf(event), NOW_MS);
  return { world: withLane(world, setting, { event, lane: rest }), drain: drainAfter(event, rest, before) };
}

/** Returns the drain of a lane with a queued head; undefined for any other lane. */
export function drainAfter(
  event: number,
  lane: Lane | undefined,
  before: Entry | undefined,
): Drain | undefined {
  return lane?.head_is_queued ? { left: event, n: before?.n ?? 0 } : undefined;
}

function withLane(
  world: World,
  { keys }: Setting,
  { event, lane }: { event: number; lane: Lane | undefined },
): World {
  return { ...world, lanes: world.lanes.with(keys[event] ?? 0, lane ?? null) };
}

const tickets = new Map<string, LaneTicket>();

/** Returns the lane ticket of an event. Events are published in their order, a millisecond apart. */
function ticketOf(setting: Setting, event: number): LaneTicket {
  const published_at_ms = isOff(setting, "a lane is in publish order") ? 0 : event + 1;
  const key = String(setting.keys[event]);
  const name = `${key} ${published_at_ms}`;
  const ticket = tickets.get(name) ?? laneTicket({ reaction: "reaction", key, published_at_ms });
  tickets.set(name, ticket);
  return ticket;
}
