import type { CloudEvent } from "@google-cloud/functions-framework";
import { cloudEvent } from "@google-cloud/functions-framework";
import type { EventType } from "../events/catalogue.ts";
import type { PulseCartEvent } from "../events/envelope.ts";
import { installFrontDoor } from "../http/front-door.ts";
import { readJsonObject } from "../http/json-body.ts";
import { Problem, unavailable } from "../http/problem.ts";
import { createBrake } from "./brake.ts";
import type { Declared } from "./declaration.ts";
import { drain } from "./drain.ts";
import { innerHandler, MAX_CALL_BYTES } from "./inner-function.ts";
import { messageInBody, messageOf } from "./message.ts";
import type { ReactionCore } from "./react.ts";
import { react, release } from "./react.ts";
import type { Skip } from "./skip.ts";
import type { Work } from "./unit-of-work.ts";

/** Per event type, what is done when it happened. The handler may run several times; its work counts once. */
export type Handlers = {
  readonly [T in EventType]?: (event: PulseCartEvent<T>, work: Work) => Promise<Skip | void>;
};

export interface ReactionOptions {
  /** For a reaction whose every unit of work creates one document that is itself the mark. */
  ownMark?: NonNullable<ReactionCore["ownMark"]>;
  /** For rules that need a user's events one after the other: behind one that failed the others wait. */
  ordered?: true;
}

/**
 * Declares a reaction and registers it as a CloudEvent function of the same name. It is reached by Pub/Sub's own
 * push or by an Eventarc trigger, and by Cloud Tasks for releases and drains.
 */
export function reaction(
  name: string,
  handlers: Handlers,
  options: ReactionOptions = {},
): ((event: CloudEvent<unknown>) => Promise<void>) & Declared {
  const types = Object.keys(handlers) as EventType[];
  const core: ReactionCore = {
    name,
    handlers: new Map(Object.entries(handlers)) as ReactionCore["handlers"],
    ...options,
    brake: createBrake(),
  };
  const handleCloudEvent = async (event: CloudEvent<unknown>): Promise<void> => {
    if (!(await react(core, messageOf(event))))
      throw new Error(`${name} could not handle this message; send it again`);
  };
  cloudEvent(name, handleCloudEvent);
  installFrontDoor(doorOf(core), { maxBodyBytes: MAX_CALL_BYTES });
  return Object.assign(handleCloudEvent, {
    declaration: { kind: "reaction", name, types } as const,
  });
}

const LEDGER_ID = /^[\w-]+~[\w~-]+$/;

function doorOf(core: ReactionCore) {
  return innerHandler(core.name, {
    "POST /": async request => {
      return answer(await react(core, messageInBody(request.body)));
    },
    "POST /release": async request => {
      const { ledger_id: id, n } = readJsonObject(request);
      if (!isLedgerId(id) || typeof n !== "number") throw expected("release", "{ledger_id, n} of an entry");
      return answer(await release(core, id, n));
    },
    "POST /drain": async request => {
      const { lane_id: id } = readJsonObject(request);
      if (!isLedgerId(id)) throw expected("drain", "{lane_id}");
      return answer(await drain(core, id));
    },
  });
}

function isLedgerId(id: unknown): id is string {
  return typeof id === "string" && LEDGER_ID.test(id);
}

function expected(what: "release" | "drain", words: string): Problem {
  return new Problem({ status: 400, slug: `not-a-${what}`, detail: `Expected ${words}.` });
}

function answer(acknowledged: boolean) {
  if (acknowledged) return { status: 204 };
  throw unavailable("Not handled; send it again.");
}
