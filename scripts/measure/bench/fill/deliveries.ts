import type { OutgoingMessage } from "../../../../shared/google/pubsub.ts";
import type { Task } from "../../../../shared/google/tasks.ts";
import type { HttpRequest } from "../../../../shared/http/handler.ts";
import type { Routes } from "../../../../shared/http/router.ts";
import type { MessageHandlers } from "../../../../shared/pipeline/receive/message-function.ts";
import { createTaskHeap } from "./task-heap.ts";

/** What is under way while a day is filled: messages that are delivered next, tasks that wait for their time. */
const messageFunctions = new Map<string, MessageHandlers>();
const taskFunctions = new Map<string, Routes>();
const subscribers = new Map<string, string[]>();
const messages: OutgoingMessage[] = [];
const tasks = createTaskHeap();
const usedNames = new Set<string>();
let published_ = 0;

export function takesMessages(name: string, handlers: MessageHandlers): void {
  messageFunctions.set(name, handlers);
}

export function takesTasks(name: string, routes: Routes): void {
  taskFunctions.set(name, routes);
}

/** From now on the reaction gets these types. */
export function subscribe(name: string, types: readonly string[]): void {
  for (const type of types) subscribers.set(type, [...(subscribers.get(type) ?? []), name]);
}

export function published(message: OutgoingMessage): string {
  published_ += 1;
  messages.push(message);
  return String(published_);
}

/** A name that was used is used for good. */
export function posted(task: Task): void {
  if (usedNames.has(task.name)) return;
  usedNames.add(task.name);
  tasks.add(task);
}

/** When the next task is due, in milliseconds; Infinity: there is none. */
export function nextTaskMs(): number {
  return tasks.first()?.dueMs ?? Number.POSITIVE_INFINITY;
}

/**
 * Delivers everything that was published, to each of its reactions.
 * @throws Error where a reaction did not take something: on this day nothing fails
 */
export async function deliver(nowMs: number): Promise<void> {
  for (let message = messages.shift(); message; message = messages.shift()) {
    const { data, attributes } = message;
    const publishTime = new Date(nowMs).toISOString();
    for (const name of subscribers.get(attributes["event_type"] ?? "") ?? []) {
      const about = { messageId: attributes["event_id"] ?? "", subscription: name };
      const answer = await messageFunctions.get(name)?.message({ data, attributes, publishTime, ...about });
      if (!answer || answer.outcome === "refused")
        throw new Error(`${name} did not take ${attributes["event_id"]}`);
    }
  }
}

/** Calls the function that the next task is for. */
export async function runNextTask(): Promise<void> {
  const task = tasks.take();
  if (!task) return;
  const { functionName, path, body } = task;
  const handle = taskFunctions.get(functionName)?.[`POST ${path}`];
  const {
    ledger_id = "",
    n = 0,
    lane_id = "",
  } = body as { ledger_id?: string; n?: number; lane_id?: string };
  if (handle) {
    const request = { body: Buffer.from(JSON.stringify(body)), headers: JSON_HEADERS, params: {} };
    await handle(request as unknown as HttpRequest);
  } else if (path === "/release") await messageFunctions.get(functionName)?.release(ledger_id, n);
  else if (path === "/drain") await messageFunctions.get(functionName)?.drain?.(lane_id);
  else throw new Error(`Nobody is there for a task of ${functionName}${path}`);
}

const JSON_HEADERS = { "content-type": "application/json" };
