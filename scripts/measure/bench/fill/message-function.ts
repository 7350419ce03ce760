// Stand-in for `shared/pipeline/receive/message-function.ts` while a day is filled: without an HTTP server.
import type { MessageHandlers } from "../../../../shared/pipeline/receive/message-function.ts";
import { registerMessageFunction } from "./deliveries.ts";

export function messageFunction(name: string, handlers: MessageHandlers): () => Promise<void> {
  registerMessageFunction(name, handlers);
  return async () => undefined;
}
