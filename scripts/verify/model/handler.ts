import type { LedgerState } from "../../../shared/pipeline/records/ledger-state.ts";
import { DELIVERY } from "../../../shared/pipeline/records/ledger-state.ts";
import type { Step } from "./search.ts";
import { finished, posted, withDrain } from "./tasks.ts";
import type { Attempt, Body, Performed, Thrown } from "./transactions.ts";
import { isOff, isRefused, isTaken, look, markDone, perform, recordFailure } from "./transactions.ts";
import type { Handler, Point, Setting, Wakes, World } from "./world.ts";
import { eventOf, partOf, withEvent, withHandlers } from "./world.ts";

/** What one process may do next, as run-attempt.ts, react.ts and drain.ts say. It may die before each step. */
export function stepsOf(world: World, setting: Setting, handler: Handler): Step<World>[] {
  const [point] = handler.todo;
  if (point === undefined) return [];
  const here = new Steps(world, setting, handler);
  here.add("dies", "trouble", without(world, handler));
  next[point](here);
  return here.found;
}

/** The steps of one handler at one point, as they are found. */
class Steps {
  readonly found: Step<World>[] = [];
  readonly world: World;
  readonly setting: Setting;
  readonly handler: Handler;

  constructor(world: World, setting: Setting, handler: Handler) {
    this.world = world;
    this.setting = setting;
    this.handler = handler;
  }

  add(what: string, kind: Step<World>["kind"], to: World): void {
    this.found.push({ name: `${nameOf(this.handler)} ${what}`, kind, to });
  }

  /** The handler as it goes on in a world that this step has changed. */
  goesOn(world: World, change: Partial<Handler>): World {
    const others = this.world.handlers.filter(handler => handler !== this.handler);
    return withHandlers(world, [...others, { ...this.handler, ...change }]);
  }

  get rest(): readonly Point[] {
    return this.handler.todo.slice(1);
  }

  get attempt(): Attempt {
    const { does, of, n } = this.handler;
    if (does === "release" || does === "drain") {
      const hasLane = partOf(this.world, of).entry?.hasLane ?? false;
      return { of, origin: { kind: does, n }, hasLane, knowsMark: true };
    }
    // What is a dead letter takes its place in a lane without knowing whether the reaction is ordered.
    const isLetter = does === "dead letter";
    return { of, origin: DELIVERY, hasLane: this.setting.ordered || isLetter, knowsMark: !isLetter };
  }
}

function without(world: World, handler: Handler): World {
  return withHandlers(
    world,
    world.handlers.filter(other => other !== handler),
  );
}

function nameOf({ does, of, n, lane }: Handler): string {
  if (does === "drain") return `[drain of lane ${(lane ?? 0) + 1}]`;
  return `[${does} of e${of + 1}${does === "release" ? `, n ${n}` : ""}]`;
}

const next: Record<Point, (here: Steps) => void> = {
  perform(here) {
    commit(here, "works");
    if (here.setting.may.includes("skip")) commit(here, "skips");
    throws(here);
  },

  /** `perform` of perform.ts after a create failed. Only a delivery takes an entry for its own work done. */
  "read what exists"(here) {
    const { world, setting, handler } = here;
    if (isOff(setting, "what exists is read before it is believed")) {
      here.add("believes that it is done", "progress", here.goesOn(world, { todo: ["finish"] }));
      return;
    }
    const { entry } = partOf(world, handler.of);
    const isMarked = setting.mark === "own mark" && isTaken(world, setting, handler.of);
    if (handler.does !== "delivery" || (!entry && !isMarked)) {
      here.add("finds its work taken", "progress", here.goesOn(world, { todo: ["perform as taken"] }));
      return;
    }
    const state = entry?.state ?? "done";
    here.add(`meets ${state}`, "progress", here.goesOn(world, chores(here, { kind: "met", state })));
  },

  "perform as taken"(here) {
    const { world, setting, handler } = here;
    const hasDedupeDocument = setting.mark === "own mark" && isTaken(world, setting, handler.of);
    commit(here, hasDedupeDocument ? "is marked" : "skips");
  },

  "record the failure"(here) {
    const { world, setting, handler } = here;
    const after = recordFailure(world, setting, { ...here.attempt, thrown: handler.error ?? "error" });
    const { performed } = after;
    const what = `records its failure: ${wordsFor(performed)}`;
    here.add(what, "progress", here.goesOn(after.world, choresOfFailure(here, performed)));
    if (after.world !== world) {
      here.add(`${what}; the answer is lost, it runs again`, "trouble", here.goesOn(after.world, {}));
    }
  },

  "post the release"(here) {
    const { world, handler } = here;
    const done = { todo: here.rest, due: undefined };
    here.add("cannot post its release", "trouble", here.goesOn(world, done));
    const n = handler.due ?? 0;
    const after = here.setting.may.includes("lose tasks") ? world : posted(world, handler.of, n);
    here.add(`posts its release, n ${n}`, "progress", here.goesOn(after, done));
  },

  /** Follow-ups go out in their order, so that counting them says which. */
  "send a follow-up"(here) {
    const { world, setting, handler } = here;
    const ahead = handler.todo.filter(point => point === "send a follow-up").length;
    const number = setting.followUps - ahead + 1;
    const sent = Math.max(partOf(world, handler.of).sent, number);
    const to = here.goesOn(withEvent(world, handler.of, { sent }), { todo: here.rest });
    here.add(`sends follow-up ${number}`, "progress", to);
  },

  "mark done"(here) {
    const { setting, handler } = here;
    const to = here.goesOn(markDone(here.world, setting, handler.of), { todo: here.rest });
    here.add("marks it done", "progress", to);
  },

  "post the drain"(here) {
    const { world, setting, handler } = here;
    const done = { todo: here.rest, wakes: undefined };
    here.add("cannot post the drain", "trouble", here.goesOn(world, done));
    if (!handler.wakes) return;
    here.add("posts the drain", "progress", here.goesOn(withDrain(world, setting, handler.wakes), done));
  },

  /** `drain` of drain.ts: the lane's head and then its entry are read, outside any transaction. */
  "look for the head"(here) {
    const { world, handler } = here;
    const lane = world.lanes[handler.lane ?? 0];
    const head = lane?.places[0];
    if (!head || !lane.head_is_queued) {
      here.add("finds nobody to run", "progress", here.goesOn(world, { todo: ["finish"] }));
      return;
    }
    const of = eventOf(head.ledger_id);
    const { entry } = partOf(world, of);
    // It is queued as long as the lane says so; that both were read at different times shows in the transaction.
    const to = here.goesOn(world, { of, n: entry?.n ?? 0, todo: ["perform", "go on"] });
    here.add(`takes e${of + 1}`, "progress", to);
  },

  "go on"(here) {
    const { world, handler } = here;
    const rounds = (handler.rounds ?? 1) - 1;
    const wakes = { left: handler.of, n: handler.n };
    const to =
      rounds > 0
        ? here.goesOn(world, { rounds, todo: ["look for the head"] })
        : here.goesOn(world, { wakes, todo: ["post the drain", "finish"] });
    here.add(rounds > 0 ? "looks for more" : "leaves the rest to another", "progress", to);
  },

  finish(here) {
    const { world, handler } = here;
    here.add("is finished", "progress", finished(without(world, handler), handler));
  },
};

/** Runs the work's transaction, and the ways in which its answer may be lost. */
function commit(here: Steps, body: Body): void {
  const { world, setting, handler } = here;
  const after = perform(world, setting, { ...here.attempt, body });
  const what = body === "works" ? "" : ` (its body ${body})`;
  if (after === "exists") {
    // A second time only its own entry can have been there, and perform.ts looks no further.
    const isLast = handler.todo[0] === "perform as taken" && handler.does !== "delivery";
    const todo: Point[] = isLast ? ["finish"] : ["read what exists"];
    here.add(
      `finds something it would create${what}`,
      "progress",
      here.goesOn(world, { todo: inDrain(here, todo) }),
    );
    return;
  }
  const words = `${wordsFor(after.performed)}${what}`;
  here.add(words, "progress", here.goesOn(after.world, chores(here, after.performed)));
  if (after.world === world) return;
  here.add(`${words}; the answer is lost, it runs again`, "trouble", here.goesOn(after.world, {}));
  const repeated: Point[] = ["read what exists"];
  const meetsItself = here.goesOn(after.world, { todo: inDrain(here, repeated) });
  here.add(`${words}; the answer is lost, it is sent again and meets itself`, "trouble", meetsItself);
}

/** The body may throw where it is run at all. */
function throws(here: Steps): void {
  const { world, setting, handler } = here;
  if (!setting.failing.includes(handler.of)) return;
  const willCreate = here.attempt.origin.kind === "delivery";
  if (look(world, setting, { ...here.attempt, willCreate }).may !== "run") return;
  const possible: Thrown[] = setting.may.includes("throw poison") ? ["error", "poison"] : ["error"];
  for (const thrown of [...possible, "platform"] as const) {
    if (thrown === "platform" || isRefused(thrown)) {
      if (isRefused(thrown)) here.add("meets trouble of the platform", "trouble", refused(here));
      continue;
    }
    const to = here.goesOn(world, { error: thrown, todo: inDrain(here, ["record the failure"]) });
    here.add(`throws (${thrown})`, "failure", to);
  }
}

/** The message stays with Pub/Sub, a task with Cloud Tasks. */
function refused({ world, setting, handler }: Steps): World {
  const left = without(world, handler);
  return isOff(setting, "acknowledged only when recorded") ? finished(left, handler) : left;
}

/** `relayPerformed`: what is still to be done after the transaction. */
function chores(here: Steps, performed: Performed): Partial<Handler> {
  const todo = [...sending(here, performed), ...waking(performed)];
  return { todo: inDrain(here, [...todo, "finish"]), ...wakesIn(performed) };
}

/** The same after a failure was recorded, where the drain comes first. */
function choresOfFailure(here: Steps, performed: Performed): Partial<Handler> {
  const release: Point[] = performed.kind === "deferred" ? ["post the release"] : [];
  const todo = [...release, ...waking(performed), ...sending(here, performed)];
  const due = performed.kind === "deferred" ? performed.n : undefined;
  return { todo: inDrain(here, [...todo, "finish"]), error: undefined, due, ...wakesIn(performed) };
}

function sending({ setting }: Steps, performed: Performed): Point[] {
  if (!("state" in performed) || performed.state === undefined) return [];
  const relaysAll = isOff(setting, "only what is pending is relayed and becomes done");
  if (performed.state !== "pending" && !relaysAll) return [];
  return [...Array<Point>(setting.followUps).fill("send a follow-up"), "mark done"];
}

function waking(performed: Performed): Point[] {
  return "wakes" in performed && performed.wakes ? ["post the drain"] : [];
}

function wakesIn(performed: Performed): { wakes?: Wakes } {
  return "wakes" in performed && performed.wakes ? { wakes: performed.wakes } : {};
}

/** A drain is not finished with one event, and goes on with the next by itself. */
function inDrain({ handler }: Steps, todo: readonly Point[]): readonly Point[] {
  if (handler.does !== "drain") return todo;
  return [...todo.filter(point => point !== "finish" && point !== "post the drain"), "go on"];
}

function wordsFor(performed: Performed): string {
  if (performed.kind === "deferred") return `deferred, n ${performed.n}`;
  if (performed.kind === "set aside") return "set aside";
  const state: LedgerState | "absent" = performed.state ?? "absent";
  return performed.kind === "met" ? `meets ${state}` : `commits: ${state}`;
}
