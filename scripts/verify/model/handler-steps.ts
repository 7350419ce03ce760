import type { LedgerState } from "../../../shared/pipeline/records/ledger-state.ts";
import { DELIVERY } from "../../../shared/pipeline/records/ledger-state.ts";
import type { Step } from "./search.ts";
import type { Setting } from "./setting.ts";
import { isOff } from "./setting.ts";
import type { Attempt, TransactionResult } from "./transactions.ts";
import type { Handler, Point, World } from "./world.ts";
import { partOf, withHandlers } from "./world.ts";

/** Collects the steps of one handler at one point. */
export class HandlerSteps {
  readonly found: Step<World>[] = [];
  readonly world: World;
  readonly setting: Setting;
  readonly handler: Handler;

  constructor(world: World, setting: Setting, handler: Handler) {
    this.world = world;
    this.setting = setting;
    this.handler = handler;
  }

  add(words: string, kind: Step<World>["kind"], to: World): void {
    this.found.push({ name: `${nameOf(this.handler)} ${words}`, kind, to });
  }

  /** Returns a changed world in which the handler continues, itself changed. */
  continueIn(world: World, change: Partial<Handler>): World {
    const others = this.world.handlers.filter(handler => handler !== this.handler);
    return withHandlers(world, [...others, { ...this.handler, ...change }]);
  }

  /** The points behind the present one. */
  get rest(): readonly Point[] {
    return this.handler.todo.slice(1);
  }

  get attempt(): Attempt {
    const { does, event, n } = this.handler;
    if (does === "release" || does === "drain") {
      const hasLane = partOf(this.world, event).entry?.hasLane ?? false;
      return { event, origin: { kind: does, n }, hasLane, seesDedupeDocument: true };
    }
    // The dead-letter consumer does not know whether the reaction is ordered, so a dead letter always joins a lane.
    const isDead = does === "dead letter";
    const hasLane = this.setting.ordered || isDead;
    return { event, origin: DELIVERY, hasLane, seesDedupeDocument: !isDead };
  }
}

/** Returns the world without a handler. */
export function withoutHandler(world: World, handler: Handler): World {
  return withHandlers(
    world,
    world.handlers.filter(other => other !== handler),
  );
}

function nameOf({ does, event, n, lane }: Handler): string {
  if (does === "drain") return `[drain of lane ${(lane ?? 0) + 1}]`;
  return `[${does} of e${event + 1}${does === "release" ? `, n ${n}` : ""}]`;
}

/** Returns the handler's points after its transaction (process/relay-commit.ts): send, drain the lane, finish. */
export function afterCommit(here: HandlerSteps, result: TransactionResult): Partial<Handler> {
  const todo = [...sending(here, result), ...draining(result)];
  return { todo: inDrain(here, [...todo, "finish"]), ...drainOf(result) };
}

/** Returns the handler's points after a recorded failure. The drain is posted before any follow-up is sent. */
export function afterFailure(here: HandlerSteps, result: TransactionResult): Partial<Handler> {
  const release: Point[] = result.kind === "deferred" ? ["post the release"] : [];
  const todo = [...release, ...draining(result), ...sending(here, result)];
  const due = result.kind === "deferred" ? result.n : undefined;
  return { todo: inDrain(here, [...todo, "finish"]), error: undefined, due, ...drainOf(result) };
}

function sending({ setting }: HandlerSteps, result: TransactionResult): Point[] {
  if (!("state" in result) || result.state === undefined) return [];
  const relaysAny = isOff(setting, "only a pending entry is relayed and becomes done");
  if (result.state !== "pending" && !relaysAny) return [];
  return [...Array<Point>(setting.followUps).fill("send a follow-up"), "mark done"];
}

function draining(result: TransactionResult): Point[] {
  return "drain" in result && result.drain ? ["post the drain"] : [];
}

function drainOf(result: TransactionResult): Pick<Handler, "drain"> {
  return "drain" in result && result.drain ? { drain: result.drain } : {};
}

/** Adapts points to a drain: a drain reads the lane again after each event, so posts no other drain. */
export function inDrain({ handler }: HandlerSteps, todo: readonly Point[]): readonly Point[] {
  if (handler.does !== "drain") return todo;
  return [...todo.filter(point => point !== "finish" && point !== "post the drain"), "continue the drain"];
}

/** Describes a result for the trace. */
export function wordsFor(result: TransactionResult): string {
  if (result.kind === "deferred") return `deferred, n ${result.n}`;
  if (result.kind === "set aside") return "set aside";
  const state: LedgerState | "absent" = result.state ?? "absent";
  return result.kind === "existing" ? `finds its entry ${state}` : `commits: ${state}`;
}
