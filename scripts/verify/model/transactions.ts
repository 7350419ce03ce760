import { stepOf } from "../../../shared/pipeline/process/retry-policy.ts";
import type { Lane } from "../../../shared/pipeline/records/lane.ts";
import { laneStatusOf } from "../../../shared/pipeline/records/lane.ts";
import type { LaneStatus, LedgerState, Origin } from "../../../shared/pipeline/records/ledger-state.ts";
import {
  admit,
  checkMove,
  isDroppable,
  ledgerMoves,
  startsFrom,
} from "../../../shared/pipeline/records/ledger-state.ts";
import type { Thrown } from "./failure.ts";
import { stateAfterFailure } from "./failure.ts";
import { drainAfter, joinLane, laneOf, leaveLane } from "./lanes.ts";
import type { Setting } from "./setting.ts";
import { isOff } from "./setting.ts";
import type { Drain, Entry, World } from "./world.ts";
import { ledgerIdOf, partOf, withEvent } from "./world.ts";

/*
 * Each exported function is one transaction of shared/pipeline. The function reads the world and returns the world after
 * the commit. All decisions come from the functions that the pipeline itself uses.
 */

/** One attempt of a handler at an event. */
export interface Attempt {
  event: number;
  origin: Origin;
  /** True: the attempt reads a lane. So do all attempts of an ordered reaction, and every dead letter. */
  hasLane: boolean;
  /** True: the attempt looks for the dedupe document. A dead letter is recorded without this look. */
  seesDedupeDocument: boolean;
}

/** The result of a transaction, in the pipeline's terms. */
export type TransactionResult =
  | { kind: "committed"; state: LedgerState; drain?: Drain }
  /** Another attempt has changed the entry: this attempt changes nothing. */
  | { kind: "existing"; state?: LedgerState; drain?: Drain }
  | { kind: "deferred"; n: number }
  | { kind: "set aside"; drain?: Drain };

export type AfterTransaction = { world: World; result: TransactionResult };

/** The run of the handler's body: does its work, skips the event, or finds its dedupe document. */
export type Body = "works" | "skips" | "finds its dedupe document";

interface Found {
  before: Entry | undefined;
  lane: Lane | undefined;
  /** `stop`: another attempt has changed the entry. */
  may: "run" | "queue" | "stop";
}

/** Reads the entry and the lane of an attempt (process/admission.ts). A delivery creates its entry, so reads none. */
export function look(
  world: World,
  setting: Setting,
  { willCreate, ...attempt }: Attempt & { willCreate: boolean },
): Found {
  const before = willCreate ? undefined : readEntry(world, setting, attempt);
  const lane = laneOf(world, setting, attempt);
  if (isOff(setting, "a failure changes only the state its attempt started from") && before) {
    return { before, lane, may: ledgerMoves[before.state].length > 0 ? "run" : "stop" };
  }
  const may = admit(attempt.origin, before, statusInLane(lane, setting, attempt));
  return { before, lane, may: may === "run" || may === "queue" ? may : "stop" };
}

/** Reads the entry (process/existing-entry.ts). An event with a dedupe document alone counts as done. */
function readEntry(
  world: World,
  { dedupe }: Setting,
  { event, seesDedupeDocument }: Attempt,
): Entry | undefined {
  const { entry, hasDocument } = partOf(world, event);
  if (entry) return entry;
  const isDone = dedupe === "dedupe document" && hasDocument && seesDedupeDocument;
  return isDone ? { state: "done", n: 0, step: 0, hasLane: false } : undefined;
}

function statusInLane(
  lane: Lane | undefined,
  setting: Setting,
  { event, origin, hasLane }: Attempt,
): LaneStatus {
  if (!hasLane) return "none";
  const runsAnywhere = isOff(setting, "a release runs only the head of its lane");
  if (origin.kind === "release" && runsAnywhere) return "head";
  return laneStatusOf(lane, ledgerIdOf(event));
}

/**
 * Commits the work of an attempt together with its entry (process/commit.ts).
 * @returns "exists" when a document that the transaction would create exists; nothing was committed then
 */
export function commitWork(
  world: World,
  setting: Setting,
  { body, ...attempt }: Attempt & { body: Body },
): AfterTransaction | "exists" {
  const willCreate = attempt.origin.kind === "delivery";
  const found = look(world, setting, { ...attempt, willCreate });
  if (found.may === "stop") return { world, result: leftAsFound(attempt, found) };
  const collides =
    willCreate &&
    partOf(world, attempt.event).entry !== null &&
    !isOff(setting, "an entry is created, not set");
  if (found.may === "queue") {
    return collides ? "exists" : queueUp(world, setting, { ...attempt, found });
  }
  if (body === "works" && documentExists(world, setting, attempt.event)) return "exists";
  const state = stateAfter(body, setting);
  const needsEntry = !(setting.dedupe === "dedupe document" && state === "done" && !found.before);
  if (needsEntry && collides) return "exists";
  const worked = body === "works" ? withWork(world, attempt.event) : world;
  const written = needsEntry ? write(worked, { ...attempt, setting, before: found.before, state }) : worked;
  const left = leaveLane(written, setting, { ...attempt, ...found });
  return { world: left.world, result: { kind: "committed", state, drain: left.drain } };
}

function stateAfter(body: Body, { followUps }: Setting): "pending" | "done" | "skipped" {
  if (body === "skips") return "skipped";
  return body === "works" && followUps > 0 ? "pending" : "done";
}

/** Tells whether the document that the body creates exists. */
export function documentExists({ events }: World, { dedupe }: Setting, event: number): boolean {
  if (dedupe === "entry") return false;
  return dedupe === "business key"
    ? events.some(({ hasDocument }) => hasDocument)
    : (events[event]?.hasDocument ?? false);
}

function withWork(world: World, event: number): World {
  return withEvent(world, event, { hasDocument: true, commits: partOf(world, event).commits + 1 });
}

/** Records a failure (process/record-failure.ts): the event is deferred, parked or queued. */
export function recordFailure(
  world: World,
  setting: Setting,
  { thrown, ...attempt }: Attempt & { thrown: Thrown },
): AfterTransaction {
  const found = look(world, setting, { ...attempt, willCreate: false });
  if (found.may === "stop") return { world, result: leftAsFound(attempt, found) };
  if (found.may === "queue") return queueUp(world, setting, { ...attempt, found });
  const { before } = found;
  const tries = stepIn(setting, before);
  const restarts = before?.state === "parked" && isOff(setting, "n only grows");
  const n = restarts ? 1 : (before?.n ?? 0) + 1;
  const state = stateAfterFailure(thrown, tries, setting);
  const written = write(world, { ...attempt, setting, before, state, counted: { n, step: tries + 1 } });
  const staysOut = state === "deferred" && !found.lane && isOff(setting, "a deferred event opens its lane");
  return {
    world: staysOut ? written : joinLane(written, setting, { ...attempt, lane: found.lane, isQueued: false }),
    result: state === "deferred" ? { kind: "deferred", n } : { kind: "set aside" },
  };
}

/** Returns the step of an entry (process/retry-policy.ts). Without the guard, an operator's release starts it again. */
function stepIn(setting: Setting, entry: Entry | undefined): number {
  const startsAgain =
    entry?.state === "parked" && isOff(setting, "a released event that fails is parked again");
  return startsAgain ? 0 : stepOf(entry);
}

/** Puts the event into its lane (process/entry-writer.ts). The model has no full lanes. */
function queueUp(
  world: World,
  setting: Setting,
  { found, ...attempt }: Attempt & { found: Found },
): AfterTransaction {
  const { before } = found;
  const counted = { n: before?.n ?? 0, step: stepIn(setting, before) };
  const written = write(world, { ...attempt, setting, before, state: "queued", counted });
  const queued = joinLane(written, setting, { ...attempt, lane: found.lane, isQueued: true });
  // The pipeline decides by the lane it has read, before this event joined.
  const drain = drainAfter(attempt.event, found.lane, before);
  return { world: queued, result: { kind: "set aside", drain } };
}

function leftAsFound({ event }: Attempt, { before, lane }: Found): TransactionResult {
  return { kind: "existing", state: before?.state, drain: drainAfter(event, lane, before) };
}

/** Marks a pending entry done (records/ledger.ts). */
export function markDone(world: World, setting: Setting, event: number): World {
  const { entry } = partOf(world, event);
  if (!entry) return world;
  const marksAny = isOff(setting, "only a pending entry is relayed and becomes done");
  if (entry.state !== "pending" && !marksAny) return world;
  return withEvent(world, event, { entry: { ...entry, state: "done" } });
}

/**
 * Drops an event for an operator (operate/drop.ts).
 * @returns undefined when the event may not be dropped
 */
export function dropEvent(world: World, setting: Setting, event: number): AfterTransaction | undefined {
  const before = partOf(world, event).entry ?? undefined;
  if (!before || ledgerMoves[before.state].length === 0) return undefined;
  const isGuarded = !isOff(setting, "only a parked or queued entry is dropped");
  if (isGuarded && !isDroppable(before)) return undefined;
  const { n, hasLane } = before;
  const attempt = { event, origin: { kind: "release", n }, hasLane, seesDedupeDocument: true } as const;
  const dropped = isGuarded
    ? write(world, { ...attempt, setting, before, state: "dropped" })
    : withEvent(world, event, { entry: { ...before, state: "dropped" } });
  const result = { kind: "committed", state: "dropped" } as const;
  if (isOff(setting, "a dropped event leaves its lane")) return { world: dropped, result };
  const lane = laneOf(world, setting, { event, hasLane });
  const left = leaveLane(dropped, setting, { event, lane, before });
  return { world: left.world, result: { ...result, drain: left.drain } };
}

/** Writes an entry (process/entry-writer.ts), after a look into the table of states. */
function write(
  world: World,
  change: Attempt & {
    setting: Setting;
    before: Entry | undefined;
    state: LedgerState;
    counted?: { n: number; step: number };
  },
): World {
  const { event, origin, hasLane, setting, before, state, counted } = change;
  const isUnchecked =
    isOff(setting, "a released event that fails is parked again") ||
    (isOff(setting, "a failure changes only the state its attempt started from") &&
      !startsFrom(origin, before));
  if (!isUnchecked) checkMove(before, state);
  const { n, step } = counted ?? before ?? { n: 0, step: 0 };
  const wasParked = state === "parked" || partOf(world, event).wasParked;
  return withEvent(world, event, { entry: { state, n, step, hasLane }, wasParked });
}
