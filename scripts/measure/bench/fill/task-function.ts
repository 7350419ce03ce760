// Stands for `shared/pipeline/receive/task-function.ts` while a day is filled: no door is put before the function.
import type { Routes } from "../../../../shared/http/router.ts";
import { takesTasks } from "./deliveries.ts";

export function taskFunction(name: string, routes: Routes): () => Promise<void> {
  takesTasks(name, routes);
  return async () => undefined;
}
