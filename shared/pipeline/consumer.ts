import type { CloudEvent } from "@google-cloud/functions-framework";
import type { Declared, TopicShare } from "./declaration.ts";
import type { MessageHandlers } from "./receive/message-function.ts";
import { messageFunction } from "./receive/message-function.ts";

/**
 * Declares a function that takes messages which are not, or not yet, events: all or a part of some topics. Its
 * subscriptions have no dead letter: it is where such messages end.
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
