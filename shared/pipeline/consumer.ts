import type { CloudEvent } from "@google-cloud/functions-framework";
import type { Declared, TopicShare } from "./declaration.ts";
import type { MessageHandlers } from "./receive/message-function.ts";
import { messageFunction } from "./receive/message-function.ts";

/**
 * Declares a function that receives raw messages: all messages of some topics, or the part that a filter lets through.
 * Its subscriptions have no dead letter topic, because consumers handle such messages.
 * @example
 * export const adopt = consumer("adopt", [{ topic: "user-events", filter: "" }], adoption("adopt"));
 */
export function consumer(
  name: string,
  shares: readonly TopicShare[],
  handlers: MessageHandlers,
): ((event: CloudEvent<unknown>) => Promise<void>) & Declared {
  return Object.assign(messageFunction(name, handlers), {
    declaration: { kind: "consumer", name, shares } as const,
  });
}
