import { ledgerMoves } from "../../../shared/pipeline/records/ledger-state.ts";
import type { Step } from "./search.ts";
import { posted, withDrain, withTask } from "./tasks.ts";
import { drop, isOff } from "./transactions.ts";
import type { Handler, Point, Setting, World } from "./world.ts";
import { drainName, laneOfDrain, partOf, withEvent, withHandlers } from "./world.ts";

/** What Pub/Sub, Cloud Tasks, the sweep, a person and the expiry of documents may do next. */
export function stepsAround(world: World, setting: Setting): Step<World>[] {
  const steps: Step<World>[] = [];
  for (const of of setting.keys.keys()) {
    deliver(steps, { world, setting, of });
    runReleases(steps, { world, setting, of });
    sweepEntry(steps, { world, setting, of });
    act(steps, { world, setting, of });
    expire(steps, { world, setting, of });
  }
  runDrains(steps, world, setting);
  for (const lane of world.lanes.keys()) sweepLane(steps, { world, setting, lane });
  return steps;
}

interface Place {
  world: World;
  setting: Setting;
  of: number;
}

/** At least once: what is not acknowledged comes again, and what is may. A key's messages come in their order. */
function deliver(steps: Step<World>[], { world, setting, of }: Place): void {
  const { message } = partOf(world, of);
  if (message === "gone" || isHeldBack({ world, setting, of })) return;
  const does = message === "dead" ? "dead letter" : "delivery";
  const isUnderWay = world.handlers.some(other => other.does === does && other.of === of);
  const isExtra = isUnderWay || message === "acked";
  if (isExtra && !setting.may.includes("come twice")) return;
  const first: Point = message === "dead" ? "record the failure" : "perform";
  start(steps, { world, setting }, isExtra, { does, of, n: 0, todo: [first, "finish"] });
  if (message === "live" && setting.deadLetters.includes(of)) {
    const to = withEvent(world, of, { message: "dead" });
    steps.push({ name: `Pub/Sub gives e${of + 1} up`, kind: "trouble", to });
  }
}

function isHeldBack({ world, setting, of }: Place): boolean {
  const { ordered, keys } = setting;
  return ordered && world.events.some((e, i) => i < of && keys[i] === keys[of] && e.message === "live");
}

/** Called until it is answered, and sometimes once more. */
function runReleases(steps: Step<World>[], { world, setting, of }: Place): void {
  const { releases, entry } = partOf(world, of);
  for (const n of releases) {
    const isUnderWay = world.handlers.some(h => h.does === "release" && h.of === of && h.n === n);
    if (isUnderWay && !setting.may.includes("be called twice")) continue;
    // `runAgain` of react.ts reads the entry first: one that is over keeps no event to run.
    const isKept = entry !== null && ["deferred", "queued", "parked"].includes(entry.state);
    const todo: Point[] = isKept ? ["perform", "finish"] : ["finish"];
    start(steps, { world, setting }, isUnderWay, { does: "release", of, n, todo });
  }
}

function sweepEntry(steps: Step<World>[], { world, setting, of }: Place): void {
  const { entry } = partOf(world, of);
  if (entry?.state === "deferred" && !isOff(setting, "the sweep releases")) {
    const to = posted(world, of, entry.n);
    if (to !== world) steps.push({ name: `the sweep posts e${of + 1}'s release`, kind: "progress", to });
  }
  if (entry?.state !== "pending" || isOff(setting, "the sweep relays")) return;
  if (world.handlers.some(other => other.does === "relay by the sweep" && other.of === of)) return;
  const sends = Array<Point>(setting.followUps).fill("send a follow-up");
  const todo: Point[] = [...sends, "mark done", "finish"];
  start(steps, { world, setting }, false, { does: "relay by the sweep", of, n: 0, todo });
}

/** A person's acts: each may be left undone, and each may end half-way. */
function act(steps: Step<World>[], { world, setting, of }: Place): void {
  const { entry } = partOf(world, of);
  if (entry?.state === "parked" && world.releasesLeft > 0) {
    const to = { ...posted(world, of, entry.n), releasesLeft: world.releasesLeft - 1 };
    steps.push({ name: `a person releases e${of + 1}`, kind: "person", to });
  }
  const after = setting.may.includes("drop") ? drop(world, setting, of) : undefined;
  if (!after) return;
  const wakes = "wakes" in after.performed ? after.performed.wakes : undefined;
  const kind = wakes ? "trouble" : "person";
  steps.push({ name: `a person drops e${of + 1}${wakes ? " and dies" : ""}`, kind, to: after.world });
  if (!wakes) return;
  const to = withDrain(after.world, setting, wakes);
  steps.push({ name: `a person drops e${of + 1} and wakes who waited`, kind: "person", to });
}

/** Final entries expire, after the last copy of their message and their last task. */
function expire(steps: Step<World>[], { world, setting, of }: Place): void {
  const { entry, message, releases } = partOf(world, of);
  if (!setting.may.includes("expire") || !entry || ledgerMoves[entry.state].length > 0) return;
  const tooEarly = isOff(setting, "an entry outlives its copies");
  const isUsed = releases.length > 0 || world.handlers.some(handler => handler.of === of);
  if (message !== "acked" || (isUsed && !tooEarly)) return;
  const to = withEvent(world, of, { entry: null, message: tooEarly ? message : "gone" });
  steps.push({ name: `e${of + 1}'s entry expires`, kind: "progress", to });
}

function runDrains(steps: Step<World>[], world: World, setting: Setting): void {
  for (const task of world.drains) {
    const isUnderWay = world.handlers.some(other => other.task === task);
    if (isUnderWay && !setting.may.includes("be called twice")) continue;
    const drain = { does: "drain", of: -1, n: 0, todo: ["look for the head"] } as const;
    const handler = { ...drain, task, lane: laneOfDrain(task), rounds: setting.drained };
    start(steps, { world, setting }, isUnderWay, handler);
  }
}

/** Each minute has its own name for the same drain, so it is never swallowed. */
function sweepLane(
  steps: Step<World>[],
  { world, setting, lane }: { world: World; setting: Setting; lane: number },
): void {
  const name = drainName(lane, setting.namesDrains ? "sweep" : "any");
  if (isOff(setting, "the sweep drains lanes") || world.drains.includes(name)) return;
  if (!world.lanes[lane]?.head_is_queued) return;
  const to = withTask(world, name);
  steps.push({ name: `the sweep posts a drain of lane ${lane + 1}`, kind: "progress", to });
}

function start(
  steps: Step<World>[],
  { world, setting }: { world: World; setting: Setting },
  isExtra: boolean,
  handler: Handler,
): void {
  if (world.handlers.length >= setting.handlers) return;
  const { does, of, n, lane } = handler;
  const what = does === "drain" ? `drain of lane ${(lane ?? 0) + 1}` : `${does} of e${of + 1}`;
  const fence = does === "release" ? `, n ${n}` : "";
  const name = `${what}${fence} begins${isExtra ? " once more" : ""}`;
  const to = withHandlers(world, [...world.handlers, handler]);
  steps.push({ name, kind: isExtra ? "trouble" : "progress", to });
}
