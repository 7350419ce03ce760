import type { CloudEvent } from "@google-cloud/functions-framework";
import { cloudEvent } from "@google-cloud/functions-framework";
import type { Handler } from "../../http/handler.ts";
import { expressAdapter, installFrontDoor } from "../../http/server/front-door.ts";
import type { ReplayTo } from "../records/generation.ts";
import type { Message } from "./message.ts";
import { messageInBody, messageOf } from "./message.ts";
import { authenticatedHandler, MAX_CALL_BYTES } from "./task-function.ts";
import type { AnswerableOutcome } from "./task-routes.ts";
import { answerTo, drainRoute, isNack, releaseRoute, replayRoute } from "./task-routes.ts";

/** The handlers of a function that receives messages. */
export interface MessageHandlers {
  message(message: Message): Promise<AnswerableOutcome>;
  release(ledgerId: string, n: number): Promise<AnswerableOutcome>;
  /** Drains a lane. Absent for functions without lanes: only reactions have lanes. */
  drain?(laneId: string): Promise<AnswerableOutcome>;
  /** Replays an archived event. Absent for functions that are not projections. */
  replay?(message: Message, to: ReplayTo): Promise<AnswerableOutcome>;
}

export type MessageFunction = ((event: CloudEvent<unknown>) => Promise<void>) & {
  /** The same front door for a host that calls exported functions directly (the Firebase emulator). */
  readonly calls: ReturnType<typeof expressAdapter>;
};

/**
 * Registers a CloudEvent function. Pub/Sub's push or an Eventarc trigger delivers its messages; Cloud Tasks calls it for
 * releases, drains and replays.
 */
export function messageFunction(name: string, handlers: MessageHandlers): MessageFunction {
  const handleCloudEvent = async (event: CloudEvent<unknown>): Promise<void> => {
    if (isNack(await handlers.message(messageOf(event))))
      throw new Error(`message not handled by ${name}: Pub/Sub delivers the message again`);
  };
  cloudEvent(name, handleCloudEvent);
  const handle = authenticatedHandler(name, routesOf(handlers));
  const options = { maxBodyBytes: MAX_CALL_BYTES };
  installFrontDoor(handle, options);
  return Object.assign(handleCloudEvent, { calls: expressAdapter(handle, options) });
}

function routesOf({ message, release, drain, replay }: MessageHandlers): Record<string, Handler> {
  return {
    "POST /": async request => answerTo(await message(messageInBody(request.body))),
    "POST /release": releaseRoute(release),
    ...(drain && { "POST /drain": drainRoute(drain) }),
    ...(replay && { "POST /replay": replayRoute(replay) }),
  };
}
