import type { CloudEvent } from "@google-cloud/functions-framework";
import { cloudEvent } from "@google-cloud/functions-framework";
import type { Handler } from "../../http/handler.ts";
import { readJsonObject } from "../../http/json-body.ts";
import { expressAdapter, installFrontDoor } from "../../http/server/front-door.ts";
import type { ReplayTo } from "../records/generation.ts";
import type { Message } from "./message.ts";
import { messageInBody, messageOf } from "./message.ts";
import { innerHandler, MAX_CALL_BYTES } from "./task-function.ts";
import { isLedgerId, notA, releaseRoute, taken } from "./task-routes.ts";

/** What a function that takes messages does; each answers whether its caller may forget what it sent. */
export interface MessageHandlers {
  message(message: Message): Promise<boolean>;
  release(ledgerId: string, n: number): Promise<boolean>;
  /** Only reactions have lanes. */
  drain?(laneId: string): Promise<boolean>;
  /** Only projections are handed archived events for one generation. */
  replay?(message: Message, to: ReplayTo): Promise<boolean>;
}

export type MessageFunction = ((event: CloudEvent<unknown>) => Promise<void>) & {
  /** What its front door answers, for a host that calls exported functions itself (the Firebase emulator). */
  readonly calls: ReturnType<typeof expressAdapter>;
};

/**
 * Registers a CloudEvent function: reached by Pub/Sub's own push or by an Eventarc trigger, and by Cloud Tasks for
 * releases and drains.
 */
export function messageFunction(name: string, handlers: MessageHandlers): MessageFunction {
  const handleCloudEvent = async (event: CloudEvent<unknown>): Promise<void> => {
    if (!(await handlers.message(messageOf(event))))
      throw new Error(`${name} could not handle this message; send it again`);
  };
  cloudEvent(name, handleCloudEvent);
  const inner = innerHandler(name, routesOf(handlers));
  const options = { maxBodyBytes: MAX_CALL_BYTES };
  installFrontDoor(inner, options);
  return Object.assign(handleCloudEvent, { calls: expressAdapter(inner, options) });
}

function routesOf({ message, release, drain, replay }: MessageHandlers): Record<string, Handler> {
  return {
    "POST /": async request => taken(await message(messageInBody(request.body))),
    "POST /release": releaseRoute(release),
    ...(drain && {
      "POST /drain": async request => {
        const { lane_id: id } = readJsonObject(request);
        if (!isLedgerId(id)) throw notA("drain", "{lane_id}");
        return taken(await drain(id));
      },
    }),
    ...(replay && {
      "POST /replay": async request => {
        const { message: archived, generation, again } = readJsonObject(request);
        if (typeof generation === "number")
          return taken(await replay(messageOf({ message: archived }), { generation }));
        if (typeof again !== "string") throw notA("replay", "{message, generation} or {message, again}");
        return taken(await replay(messageOf({ message: archived }), { again }));
      },
    }),
  };
}
