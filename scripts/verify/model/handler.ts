import type { Thrown } from "./failure.ts";
import { isNacked } from "./failure.ts";
import {
  afterCommit,
  afterFailure,
  HandlerSteps,
  inDrain,
  withoutHandler,
  wordsFor,
} from "./handler-steps.ts";
import type { Step } from "./search.ts";
import type { Setting } from "./setting.ts";
import { isOff } from "./setting.ts";
import { acknowledged, withDrain, withRelease } from "./tasks.ts";
import type { Body } from "./transactions.ts";
import { commitWork, documentExists, look, markDone, recordFailure } from "./transactions.ts";
import type { Handler, Point, World } from "./world.ts";
import { eventOf, partOf, withEvent } from "./world.ts";

/**
 * Returns the next steps of one process, in the order of shared/pipeline/process (react, process-event, drain).
 * The process may crash before each step.
 */
export function stepsOf(world: World, setting: Setting, handler: Handler): Step<World>[] {
  const [point] = handler.todo;
  if (point === undefined) return [];
  const here = new HandlerSteps(world, setting, handler);
  here.add("crashes", "trouble", withoutHandler(world, handler));
  next[point](here);
  return here.found;
}

const next: Record<Point, (here: HandlerSteps) => void> = {
  commit(here) {
    commitWith(here, "works");
    if (here.setting.may.includes("skip")) commitWith(here, "skips");
    throwErrors(here);
  },
  "read the existing entry": readExistingEntry,
  "commit a duplicate"(here) {
    const { world, setting, handler } = here;
    const isDone = setting.dedupe === "dedupe document" && documentExists(world, setting, handler.event);
    commitWith(here, isDone ? "finds its dedupe document" : "skips");
  },
  "record the failure": recordItsFailure,
  "post the release": postRelease,
  "send a follow-up": sendFollowUp,
  "mark done"(here) {
    const { world, setting, handler } = here;
    const to = here.continueIn(markDone(world, setting, handler.event), { todo: here.rest });
    here.add("marks the entry done", "progress", to);
  },
  "post the drain": postDrain,
  "read the lane's head": readHead,
  "continue the drain": continueDrain,
  finish(here) {
    const { world, handler } = here;
    here.add("is finished", "progress", acknowledged(withoutHandler(world, handler), handler));
  },
};

/** Reads the entry after a create failed. Only a delivery treats an entry as its own finished work. */
function readExistingEntry(here: HandlerSteps): void {
  const { world, setting, handler } = here;
  if (isOff(setting, "an existing entry is read after ALREADY_EXISTS")) {
    here.add("takes the work for done", "progress", here.continueIn(world, { todo: ["finish"] }));
    return;
  }
  const { entry } = partOf(world, handler.event);
  const isDone = setting.dedupe === "dedupe document" && documentExists(world, setting, handler.event);
  if (handler.does !== "delivery" || (!entry && !isDone)) {
    const to = here.continueIn(world, { todo: ["commit a duplicate"] });
    here.add("finds the work committed for another event", "progress", to);
    return;
  }
  const state = entry?.state ?? "done";
  const to = here.continueIn(world, afterCommit(here, { kind: "existing", state }));
  here.add(`finds its entry ${state}`, "progress", to);
}

function recordItsFailure(here: HandlerSteps): void {
  const { world, setting, handler } = here;
  const after = recordFailure(world, setting, { ...here.attempt, thrown: handler.error ?? "error" });
  const { result } = after;
  const words = `records its failure: ${wordsFor(result)}`;
  here.add(words, "progress", here.continueIn(after.world, afterFailure(here, result)));
  if (after.world === world) return;
  here.add(
    `${words}; the answer is lost, the transaction runs again`,
    "trouble",
    here.continueIn(after.world, {}),
  );
}

function postRelease(here: HandlerSteps): void {
  const { world, handler } = here;
  const done = { todo: here.rest, due: undefined };
  here.add("cannot post its release", "trouble", here.continueIn(world, done));
  const n = handler.due ?? 0;
  const after = here.setting.may.includes("lose tasks") ? world : withRelease(world, handler.event, n);
  here.add(`posts its release, n ${n}`, "progress", here.continueIn(after, done));
}

/** Sends the next follow-up. Follow-ups have a fixed order, so their count tells which were sent. */
function sendFollowUp(here: HandlerSteps): void {
  const { world, setting, handler } = here;
  const ahead = handler.todo.filter(point => point === "send a follow-up").length;
  const number = setting.followUps - ahead + 1;
  const sent = Math.max(partOf(world, handler.event).sent, number);
  const to = here.continueIn(withEvent(world, handler.event, { sent }), { todo: here.rest });
  here.add(`sends follow-up ${number}`, "progress", to);
}

function postDrain(here: HandlerSteps): void {
  const { world, setting, handler } = here;
  const done = { todo: here.rest, drain: undefined };
  here.add("cannot post the drain", "trouble", here.continueIn(world, done));
  if (!handler.drain) return;
  here.add("posts the drain", "progress", here.continueIn(withDrain(world, setting, handler.drain), done));
}

/** Reads the lane's head and then its entry, as process/drain.ts does: outside any transaction. */
function readHead(here: HandlerSteps): void {
  const { world, handler } = here;
  const lane = world.lanes[handler.lane ?? 0];
  const head = lane?.places[0];
  if (!head || !lane.head_is_queued) {
    here.add("finds no queued event", "progress", here.continueIn(world, { todo: ["finish"] }));
    return;
  }
  const event = eventOf(head.ledger_id);
  const { entry } = partOf(world, event);
  // Here both reads are one step. A change between them and the commit is found in the transaction.
  const to = here.continueIn(world, { event, n: entry?.n ?? 0, todo: ["commit", "continue the drain"] });
  here.add(`takes e${event + 1}`, "progress", to);
}

function continueDrain(here: HandlerSteps): void {
  const { world, handler } = here;
  const rounds = (handler.rounds ?? 1) - 1;
  if (rounds > 0) {
    const to = here.continueIn(world, { rounds, todo: ["read the lane's head"] });
    here.add("reads the lane again", "progress", to);
    return;
  }
  const drain = { left: handler.event, n: handler.n };
  const to = here.continueIn(world, { drain, todo: ["post the drain", "finish"] });
  here.add("leaves the rest to another drain", "progress", to);
}

/** Runs the transaction of the work, and the cases in which its answer is lost. */
function commitWith(here: HandlerSteps, body: Body): void {
  const { world, setting } = here;
  const after = commitWork(world, setting, { ...here.attempt, body });
  const suffix = body === "works" ? "" : ` (its body ${body})`;
  if (after === "exists") {
    here.add(`finds an existing document${suffix}`, "progress", here.continueIn(world, afterExists(here)));
    return;
  }
  const words = `${wordsFor(after.result)}${suffix}`;
  here.add(words, "progress", here.continueIn(after.world, afterCommit(here, after.result)));
  if (after.world === world) return;
  here.add(
    `${words}; the answer is lost, the transaction runs again`,
    "trouble",
    here.continueIn(after.world, {}),
  );
  const readsEntry = here.continueIn(after.world, { todo: inDrain(here, ["read the existing entry"]) });
  here.add(`${words}; the answer is lost, the repeated commit finds its own entry`, "trouble", readsEntry);
}

/** Returns the handler's points after ALREADY_EXISTS. The second time only its own entry can exist. */
function afterExists(here: HandlerSteps): Partial<Handler> {
  const { handler } = here;
  const isSecond = handler.todo[0] === "commit a duplicate" && handler.does !== "delivery";
  return { todo: inDrain(here, isSecond ? ["finish"] : ["read the existing entry"]) };
}

/** Adds the errors that the body may throw, if the attempt runs the body at all. */
function throwErrors(here: HandlerSteps): void {
  const { world, setting, handler } = here;
  if (!setting.failing.includes(handler.event)) return;
  const willCreate = here.attempt.origin.kind === "delivery";
  if (look(world, setting, { ...here.attempt, willCreate }).may !== "run") return;
  const mayBePermanent = setting.may.includes("throw a permanent error");
  const possible: Exclude<Thrown, "platform">[] = mayBePermanent ? ["error", "permanent error"] : ["error"];
  for (const error of possible) {
    const to = here.continueIn(world, { error, todo: inDrain(here, ["record the failure"]) });
    here.add(`throws (${error})`, "failure", to);
  }
  if (isNacked("platform")) here.add("finds the platform unavailable", "trouble", nacked(here));
}

/** Returns the world after a nack: the message stays with Pub/Sub, a task with Cloud Tasks. */
function nacked({ world, setting, handler }: HandlerSteps): World {
  const left = withoutHandler(world, handler);
  const isLost = isOff(setting, "a message is acknowledged only when recorded");
  return isLost ? acknowledged(left, handler) : left;
}
