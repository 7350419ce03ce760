// Stands for `shared/pipeline/receive/message-function.ts` while a day is filled: no door is put before the function.
import type { MessageHandlers } from "../../../../shared/pipeline/receive/message-function.ts";
import { takesMessages } from "./deliveries.ts";

export function messageFunction(name: string, handlers: MessageHandlers): () => Promise<void> {
  takesMessages(name, handlers);
  return async () => undefined;
}
