// Stand-in for `shared/google/tasks.ts` while a day is filled: a task waits for its time on the day's clock.
import type { Task } from "../../../../shared/google/tasks.ts";
import { queueTask } from "./deliveries.ts";

export async function createTask(task: Task): Promise<void> {
  queueTask(task);
}

export const cloudTasks = (): never => {
  throw new Error("Cloud Tasks client unsupported: the stand-in for Cloud Tasks creates tasks only.");
};
export const closeTasks = cloudTasks;
