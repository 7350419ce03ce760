import { ledgerMoves } from "../../../shared/pipeline/records/ledger-state.ts";
import type { Step } from "./search.ts";
import type { Setting } from "./setting.ts";
import { isOff } from "./setting.ts";
import { withDrain, withDrainTask, withRelease } from "./tasks.ts";
import { dropEvent } from "./transactions.ts";
import type { Handler, Point, World } from "./world.ts";
import { drainName, laneOfDrain, partOf, withEvent, withHandlers } from "./world.ts";

/** Returns the next steps of Pub/Sub, Cloud Tasks, the sweep, an operator and the expiry of documents. */
export function stepsAround(world: World, setting: Setting): Step<World>[] {
  const steps: Step<World>[] = [];
  for (const event of setting.keys.keys()) {
    deliver(steps, { world, setting, event });
    runReleases(steps, { world, setting, event });
    sweepEntry(steps, { world, setting, event });
    operate(steps, { world, setting, event });
    expire(steps, { world, setting, event });
  }
  runDrains(steps, world, setting);
  for (const lane of world.lanes.keys()) sweepLane(steps, { world, setting, lane });
  return steps;
}

interface EventInWorld {
  world: World;
  setting: Setting;
  event: number;
}

/** Delivers at least once, each key in its order. An acknowledged message may be delivered again. */
function deliver(steps: Step<World>[], { world, setting, event }: EventInWorld): void {
  const { message } = partOf(world, event);
  if (message === "gone" || isHeldBack({ world, setting, event })) return;
  const does = message === "dead" ? "dead letter" : "delivery";
  const isRunning = world.handlers.some(other => other.does === does && other.event === event);
  const isExtra = isRunning || message === "acked";
  if (isExtra && !setting.may.includes("duplicate a message")) return;
  const first: Point = message === "dead" ? "record the failure" : "commit";
  start(steps, { world, setting }, isExtra, { does, event, n: 0, todo: [first, "finish"] });
  if (message === "live" && setting.deadLetters.includes(event)) {
    const to = withEvent(world, event, { message: "dead" });
    steps.push({ name: `Pub/Sub moves e${event + 1} to the dead-letter topic`, kind: "trouble", to });
  }
}

/** Tells whether Pub/Sub holds a message back behind an earlier one of its key. */
function isHeldBack({ world, setting, event }: EventInWorld): boolean {
  const { ordered, keys } = setting;
  return ordered && world.events.some((e, i) => i < event && keys[i] === keys[event] && e.message === "live");
}

/** Calls each release until an answer; a call may be duplicated. */
function runReleases(steps: Step<World>[], { world, setting, event }: EventInWorld): void {
  const { releases, entry } = partOf(world, event);
  for (const n of releases) {
    const isRunning = world.handlers.some(h => h.does === "release" && h.event === event && h.n === n);
    if (isRunning && !setting.may.includes("duplicate a task call")) continue;
    // process/retry-entry.ts reads the entry first: an entry that is over keeps no event to run.
    const isKept = entry !== null && ["deferred", "queued", "parked"].includes(entry.state);
    const todo: Point[] = isKept ? ["commit", "finish"] : ["finish"];
    start(steps, { world, setting }, isRunning, { does: "release", event, n, todo });
  }
}

function sweepEntry(steps: Step<World>[], { world, setting, event }: EventInWorld): void {
  const { entry } = partOf(world, event);
  if (entry?.state === "deferred" && !isOff(setting, "the sweep releases")) {
    const to = withRelease(world, event, entry.n);
    const name = `the sweep posts the release of e${event + 1}`;
    if (to !== world) steps.push({ name, kind: "progress", to });
  }
  if (entry?.state !== "pending" || isOff(setting, "the sweep relays")) return;
  if (world.handlers.some(other => other.does === "relay by the sweep" && other.event === event)) return;
  const sends = Array<Point>(setting.followUps).fill("send a follow-up");
  const todo: Point[] = [...sends, "mark done", "finish"];
  start(steps, { world, setting }, false, { does: "relay by the sweep", event, n: 0, todo });
}

/** Adds the acts of an operator. Each may be left undone, and a drop may crash before its drain is posted. */
function operate(steps: Step<World>[], { world, setting, event }: EventInWorld): void {
  const { entry } = partOf(world, event);
  if (entry?.state === "parked" && world.releasesLeft > 0) {
    const to = { ...withRelease(world, event, entry.n), releasesLeft: world.releasesLeft - 1 };
    steps.push({ name: `an operator releases e${event + 1}`, kind: "operator", to });
  }
  const after = setting.may.includes("drop") ? dropEvent(world, setting, event) : undefined;
  if (!after) return;
  const drain = "drain" in after.result ? after.result.drain : undefined;
  const name = `an operator drops e${event + 1}`;
  if (!drain) {
    steps.push({ name, kind: "operator", to: after.world });
    return;
  }
  steps.push({ name: `${name}, the process crashes`, kind: "trouble", to: after.world });
  const to = withDrain(after.world, setting, drain);
  steps.push({ name: `${name} and drains the lane`, kind: "operator", to });
}

/** Expires final entries, after the last copy of their message and their last task. */
function expire(steps: Step<World>[], { world, setting, event }: EventInWorld): void {
  const { entry, message, releases } = partOf(world, event);
  if (!setting.may.includes("expire") || !entry || ledgerMoves[entry.state].length > 0) return;
  const isEarly = isOff(setting, "an entry outlives the copies of its message");
  const isUsed = releases.length > 0 || world.handlers.some(handler => handler.event === event);
  if (message !== "acked" || (isUsed && !isEarly)) return;
  const to = withEvent(world, event, { entry: null, message: isEarly ? message : "gone" });
  steps.push({ name: `the entry of e${event + 1} expires`, kind: "progress", to });
}

function runDrains(steps: Step<World>[], world: World, setting: Setting): void {
  for (const task of world.drainTasks) {
    const isRunning = world.handlers.some(other => other.task === task);
    if (isRunning && !setting.may.includes("duplicate a task call")) continue;
    const drain = { does: "drain", event: -1, n: 0, todo: ["read the lane's head"] } as const;
    const handler = { ...drain, task, lane: laneOfDrain(task), rounds: setting.eventsPerDrain };
    start(steps, { world, setting }, isRunning, handler);
  }
}

/** Adds the sweep's drain of a lane. Its task name holds the minute, so Cloud Tasks never rejects the name. */
function sweepLane(
  steps: Step<World>[],
  { world, setting, lane }: { world: World; setting: Setting; lane: number },
): void {
  const task = drainName(lane, setting.namesDrains ? "sweep" : "any");
  if (isOff(setting, "the sweep drains lanes") || world.drainTasks.includes(task)) return;
  if (!world.lanes[lane]?.head_is_queued) return;
  const to = withDrainTask(world, task);
  steps.push({ name: `the sweep posts a drain of lane ${lane + 1}`, kind: "progress", to });
}

function start(
  steps: Step<World>[],
  { world, setting }: { world: World; setting: Setting },
  isExtra: boolean,
  handler: Handler,
): void {
  if (world.handlers.length >= setting.handlers) return;
  const { does, event, n, lane } = handler;
  const subject = does === "drain" ? `drain of lane ${(lane ?? 0) + 1}` : `${does} of e${event + 1}`;
  const fence = does === "release" ? `, n ${n}` : "";
  const name = `${subject}${fence} begins${isExtra ? " once more" : ""}`;
  const to = withHandlers(world, [...world.handlers, handler]);
  steps.push({ name, kind: isExtra ? "trouble" : "progress", to });
}
