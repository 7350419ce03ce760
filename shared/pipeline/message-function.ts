import type { CloudEvent } from "@google-cloud/functions-framework";
import { cloudEvent } from "@google-cloud/functions-framework";
import { installFrontDoor } from "../http/front-door.ts";
import type { Handler } from "../http/handler.ts";
import { readJsonObject } from "../http/json-body.ts";
import { Problem, unavailable } from "../http/problem.ts";
import { innerHandler, MAX_CALL_BYTES } from "./inner-function.ts";
import type { Message } from "./message.ts";
import { messageInBody, messageOf } from "./message.ts";
import type { ReplayTo } from "./projection.ts";

/** What a function that takes messages does; each answers whether its caller may forget what it sent. */
export interface MessageHandlers {
  message(message: Message): Promise<boolean>;
  release(ledgerId: string, n: number): Promise<boolean>;
  /** Only reactions have lanes. */
  drain?(laneId: string): Promise<boolean>;
  /** Only projections are handed archived events for one generation. */
  replay?(message: Message, to: ReplayTo): Promise<boolean>;
}

/**
 * Registers a CloudEvent function: reached by Pub/Sub's own push or by an Eventarc trigger, and by Cloud Tasks for
 * releases and drains.
 */
export function messageFunction(
  name: string,
  handlers: MessageHandlers,
): (event: CloudEvent<unknown>) => Promise<void> {
  const handleCloudEvent = async (event: CloudEvent<unknown>): Promise<void> => {
    if (!(await handlers.message(messageOf(event))))
      throw new Error(`${name} could not handle this message; send it again`);
  };
  cloudEvent(name, handleCloudEvent);
  installFrontDoor(innerHandler(name, routesOf(handlers)), { maxBodyBytes: MAX_CALL_BYTES });
  return handleCloudEvent;
}

const LEDGER_ID = /^[\w-]+~[\w~-]+$/;

function routesOf({ message, release, drain, replay }: MessageHandlers): Record<string, Handler> {
  return {
    "POST /": async request => answer(await message(messageInBody(request.body))),
    "POST /release": async request => {
      const { ledger_id: id, n } = readJsonObject(request);
      if (!isLedgerId(id) || typeof n !== "number") throw expected("release", "{ledger_id, n} of an entry");
      return answer(await release(id, n));
    },
    ...(drain && {
      "POST /drain": async request => {
        const { lane_id: id } = readJsonObject(request);
        if (!isLedgerId(id)) throw expected("drain", "{lane_id}");
        return answer(await drain(id));
      },
    }),
    ...(replay && {
      "POST /replay": async request => {
        const { message: archived, generation, again } = readJsonObject(request);
        if (typeof generation === "number")
          return answer(await replay(messageOf({ message: archived }), { generation }));
        if (typeof again !== "string") throw expected("replay", "{message, generation} or {message, again}");
        return answer(await replay(messageOf({ message: archived }), { again }));
      },
    }),
  };
}

function isLedgerId(id: unknown): id is string {
  return typeof id === "string" && LEDGER_ID.test(id);
}

function expected(what: "release" | "drain" | "replay", words: string): Problem {
  return new Problem({ status: 400, slug: `not-a-${what}`, detail: `Expected ${words}.` });
}

function answer(acknowledged: boolean) {
  if (acknowledged) return { status: 204 };
  throw unavailable("Not handled; send it again.");
}
