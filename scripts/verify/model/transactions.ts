import { PermanentError } from "../../../shared/errors.ts";
import { decideFailure } from "../../../shared/pipeline/process/retry-policy.ts";
import type { Lane, LaneTicket } from "../../../shared/pipeline/records/lane.ts";
import { join, laneStatusOf, laneTicket, leave } from "../../../shared/pipeline/records/lane.ts";
import type { LaneStatus, LedgerState, Origin } from "../../../shared/pipeline/records/ledger-state.ts";
import {
  admit,
  checkMove,
  isDroppable,
  ledgerMoves,
  startsFrom,
  triesBefore,
} from "../../../shared/pipeline/records/ledger-state.ts";
import type { Entry, Guard, Setting, Wakes, World } from "./world.ts";
import { ledgerIdOf, partOf, withEvent } from "./world.ts";

/*
 * Each function here is one transaction of shared/pipeline: it reads, decides by the functions the machinery
 * itself uses, and answers the world after its commit. Time stands still: nothing here may depend on it.
 */
const NOW_MS = 0;

export interface Attempt {
  of: number;
  origin: Origin;
  /** Whether it reads a lane: of an ordered reaction each does, and whatever was a dead letter. */
  hasLane: boolean;
  /** Whether it would see the own mark of its work: what records a dead letter knows of none. */
  knowsMark: boolean;
}

export type Performed =
  | { kind: "committed"; state: LedgerState; wakes?: Wakes }
  | { kind: "met"; state?: LedgerState; wakes?: Wakes }
  | { kind: "deferred"; n: number }
  | { kind: "set aside"; wakes?: Wakes };

export type Committed = { world: World; performed: Performed };

/** What the body of the work does when it is run: its work, nothing, or nothing because its own mark is there. */
export type Body = "works" | "skips" | "is marked";

const errors = {
  error: new Error("it failed"),
  poison: new PermanentError("it can never work"),
  platform: Object.assign(new Error("UNAVAILABLE"), { code: 14 }),
};
export type Thrown = keyof typeof errors;

/** With fewer tries the ladder is entered further up; its end is the same. */
function endingOf(thrown: Thrown, tries: number, setting: Setting): ReturnType<typeof decideFailure>["kind"] {
  const rungs = ladderLength();
  return decideFailure(errors[thrown], rungs - Math.min(rungs, setting.tries) + tries).kind;
}

function ladderLength(): number {
  let rungs = 0;
  while (decideFailure(errors.error, rungs).kind === "defer") rungs += 1;
  return rungs;
}

/** Whether what was thrown is left to Pub/Sub or Cloud Tasks, as `fail` in run-attempt.ts asks first. */
export function isRefused(thrown: Thrown): boolean {
  return decideFailure(errors[thrown], 0).kind === "refuse";
}

interface Found {
  before: Entry | undefined;
  lane: Lane | undefined;
  may: ReturnType<typeof admit>;
}

/** `look` of attempt.ts. A first delivery creates its entry and need not read it. */
export function look(
  world: World,
  setting: Setting,
  { willCreate, ...attempt }: Attempt & { willCreate: boolean },
): Found {
  const { origin } = attempt;
  const before = willCreate ? undefined : readMark(world, setting, attempt);
  const lane = laneOf(world, setting, attempt);
  if (isOff(setting, "a failure changes only what it started from") && !willCreate && before)
    return { before, lane, may: ledgerMoves[before.state].length > 0 ? "run" : "stop" };
  return { before, lane, may: admit(origin, before, standingOf(lane, setting, attempt)) };
}

/** `readMark` of attempt.ts: an own mark stands for an entry that says done. */
function readMark(world: World, { mark }: Setting, { of, knowsMark }: Attempt): Entry | undefined {
  const { entry, marked } = partOf(world, of);
  if (entry) return entry;
  const isDone = mark === "own mark" && marked && knowsMark;
  return isDone ? { state: "done", n: 0, step: 0, hasLane: false } : undefined;
}

function standingOf(lane: Lane | undefined, setting: Setting, { of, origin, hasLane }: Attempt): LaneStatus {
  if (!hasLane) return "none";
  if (origin.kind === "release" && isOff(setting, "a release checks the head")) return "head";
  return laneStatusOf(lane, ledgerIdOf(of));
}

/** `commitOnce` of perform.ts. "exists": a document it would create is there, and nothing was committed. */
export function perform(
  world: World,
  setting: Setting,
  { body, ...attempt }: Attempt & { body: Body },
): Committed | "exists" {
  const willCreate = attempt.origin.kind === "delivery";
  const found = look(world, setting, { ...attempt, willCreate });
  if (found.may === "stop") return { world, performed: met(attempt, found) };
  const isThere = willCreate && partOf(world, attempt.of).entry !== null;
  const overwrites = isOff(setting, "an entry is created, not set");
  if (found.may === "queue") {
    return isThere && !overwrites ? "exists" : queueUp(world, setting, { ...attempt, found });
  }
  if (body === "works" && isTaken(world, setting, attempt.of)) return "exists";
  const state = stateAfter(body, setting);
  const needsEntry = !(setting.mark === "own mark" && state === "done" && !found.before);
  if (needsEntry && isThere && !overwrites) return "exists";
  const worked = body === "works" ? applied(world, attempt.of) : world;
  const written = needsEntry ? write(worked, { ...attempt, setting, before: found.before, state }) : worked;
  const left = leaveLane(written, setting, { ...attempt, found });
  return { world: left.world, performed: { kind: "committed", state, ...left.wakes } };
}

function stateAfter(body: Body, { followUps }: Setting): "pending" | "done" | "skipped" {
  if (body === "skips") return "skipped";
  return body === "works" && followUps > 0 ? "pending" : "done";
}

/** Whether a document that the body creates is there already. */
export function isTaken({ events }: World, { mark }: Setting, of: number): boolean {
  if (mark === "entry") return false;
  return mark === "business key" ? events.some(({ marked }) => marked) : (events[of]?.marked ?? false);
}

function applied(world: World, of: number): World {
  return withEvent(world, of, { marked: true, applied: partOf(world, of).applied + 1 });
}

/** `recordFailure` of failure.ts. */
export function recordFailure(
  world: World,
  setting: Setting,
  { thrown, ...attempt }: Attempt & { thrown: Thrown },
): Committed {
  const found = look(world, setting, { ...attempt, willCreate: false });
  if (found.may === "stop") return { world, performed: met(attempt, found) };
  if (found.may === "queue") return queueUp(world, setting, { ...attempt, found });
  const { before } = found;
  const tries = triesBefore(before);
  const restarts = before?.state === "parked" && isOff(setting, "n only grows");
  const n = restarts ? 1 : (before?.n ?? 0) + 1;
  const state = endingOf(thrown, tries, setting) === "defer" ? "deferred" : "parked";
  const written = write(world, { ...attempt, setting, before, state, counted: { n, step: tries + 1 } });
  const waits =
    state === "deferred" && !found.lane && isOff(setting, "a deferred event opens its lane")
      ? written
      : joinLane(written, setting, { ...attempt, lane: found.lane, isQueued: false });
  return {
    world: waits,
    performed: state === "deferred" ? { kind: "deferred", n } : { kind: "set aside" },
  };
}

/** `queueUp` of attempt.ts. That a lane is full is not modelled. */
function queueUp(
  world: World,
  setting: Setting,
  { found, ...attempt }: Attempt & { found: Found },
): Committed {
  const written = write(world, { ...attempt, setting, before: found.before, state: "queued" });
  const queued = joinLane(written, setting, { ...attempt, lane: found.lane, isQueued: true });
  // The implementation asks the lane it has read, as it was before this one joined.
  return {
    world: queued,
    performed: { kind: "set aside", ...wakesOf(attempt.of, found.lane, found.before) },
  };
}

/** `met` of attempt.ts. */
function met({ of }: Attempt, { before, lane }: Found): Performed {
  return { kind: "met", ...(before && { state: before.state }), ...wakesOf(of, lane, before) };
}

/** `markDone` of ledger.ts. */
export function markDone(world: World, setting: Setting, of: number): World {
  const { entry } = partOf(world, of);
  if (!entry) return world;
  if (entry.state !== "pending" && !isOff(setting, "only what is pending is relayed and becomes done"))
    return world;
  return withEvent(world, of, { entry: { ...entry, state: "done" } });
}

/** A person gives an event up. Undefined: it may not be dropped. */
export function drop(world: World, setting: Setting, of: number): Committed | undefined {
  const before = partOf(world, of).entry ?? undefined;
  const isOver = !before || ledgerMoves[before.state].length === 0;
  if (isOver) return undefined;
  const guarded = !isOff(setting, "only what waits for a person is dropped");
  if (guarded && !isDroppable(before)) return undefined;
  const dropped = guarded
    ? write(world, {
        of,
        origin: { kind: "release", n: before.n },
        hasLane: before.hasLane,
        knowsMark: true,
        setting,
        before,
        state: "dropped",
      })
    : withEvent(world, of, { entry: { ...before, state: "dropped" } });
  if (isOff(setting, "a dropped event leaves its lane"))
    return { world: dropped, performed: { kind: "committed", state: "dropped" } };
  const left = leaveLane(dropped, setting, {
    of,
    found: { before, lane: laneOf(world, setting, { of, hasLane: before.hasLane }) },
  });
  return { world: left.world, performed: { kind: "committed", state: "dropped", ...left.wakes } };
}

/** `writeEntry` of attempt.ts: the table is asked before anything is written. */
function write(
  world: World,
  change: Attempt & {
    setting: Setting;
    before: Entry | undefined;
    state: LedgerState;
    counted?: { n: number; step: number };
  },
): World {
  const { of, origin, hasLane, setting, before, state, counted } = change;
  const bypassed =
    isOff(setting, "a failure changes only what it started from") && !startsFrom(origin, before);
  if (!bypassed) checkMove(before, state);
  const { n, step } = counted ?? before ?? { n: 0, step: 0 };
  return withEvent(world, of, { entry: { state, n, step, hasLane } });
}

function joinLane(
  world: World,
  setting: Setting,
  { of, hasLane, lane, isQueued }: Attempt & { lane: Lane | undefined; isQueued: boolean },
): World {
  if (!hasLane) return world;
  const place = { ledgerId: ledgerIdOf(of), isQueued, nowMs: NOW_MS };
  return withLane(world, setting, { of, lane: join(lane, ticketOf(setting, of), place) });
}

/** `leaveLane` of attempt.ts. */
function leaveLane(
  world: World,
  setting: Setting,
  { of, found: { lane, before } }: { of: number; found: Pick<Found, "lane" | "before"> },
): { world: World; wakes?: { wakes?: Wakes } } {
  if (!lane) return { world };
  const rest = leave(lane, ledgerIdOf(of), NOW_MS);
  return { world: withLane(world, setting, { of, lane: rest }), wakes: wakesOf(of, rest, before) };
}

/** `drainAfter` of attempt.ts. */
function wakesOf(of: number, lane: Lane | undefined, before: Entry | undefined): { wakes?: Wakes } {
  return lane?.head_is_queued ? { wakes: { left: of, n: before?.n ?? 0 } } : {};
}

function laneOf(
  world: World,
  { keys }: Setting,
  { of, hasLane }: Pick<Attempt, "of" | "hasLane">,
): Lane | undefined {
  return hasLane ? (world.lanes[keys[of] ?? 0] ?? undefined) : undefined;
}

function withLane(
  world: World,
  { keys }: Setting,
  { of, lane }: { of: number; lane: Lane | undefined },
): World {
  return { ...world, lanes: world.lanes.with(keys[of] ?? 0, lane ?? null) };
}

const tickets = new Map<string, LaneTicket>();

/** Events are published in their order, a millisecond apart. */
function ticketOf(setting: Setting, of: number): LaneTicket {
  const published_at_ms = isOff(setting, "a lane is in the order of publishing") ? 0 : of + 1;
  const key = String(setting.keys[of]);
  const name = `${key} ${published_at_ms}`;
  const ticket = tickets.get(name) ?? laneTicket({ reaction: "reaction", key, published_at_ms });
  tickets.set(name, ticket);
  return ticket;
}

export function isOff({ without }: Setting, guard: Guard): boolean {
  return without.includes(guard);
}
