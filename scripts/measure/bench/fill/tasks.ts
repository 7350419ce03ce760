// Stands for `shared/google/tasks.ts` while a day is filled: a task waits for its time on the day's own clock.
import type { Task } from "../../../../shared/google/tasks.ts";
import { posted } from "./deliveries.ts";

export async function createTask(task: Task): Promise<void> {
  posted(task);
}

export const cloudTasks = (): never => {
  throw new Error("While a day is filled there are no Cloud Tasks");
};
export const closeTasks = cloudTasks;
