// Stand-in for `shared/pipeline/receive/task-function.ts` while a day is filled: without an HTTP server.
import type { Routes } from "../../../../shared/http/router.ts";
import { registerTaskFunction } from "./deliveries.ts";

export function taskFunction(name: string, routes: Routes): () => Promise<void> {
  registerTaskFunction(name, routes);
  return async () => undefined;
}
