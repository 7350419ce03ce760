import type { OutgoingMessage } from "../../../../shared/google/pubsub.ts";
import type { Task } from "../../../../shared/google/tasks.ts";
import type { HttpRequest } from "../../../../shared/http/handler.ts";
import type { Routes } from "../../../../shared/http/router.ts";
import type { MessageHandlers } from "../../../../shared/pipeline/receive/message-function.ts";
import { TaskHeap } from "./task-heap.ts";

// The stand-ins of Pub/Sub and Cloud Tasks share this state: functions by name, undelivered messages, waiting tasks.
const messageFunctions = new Map<string, MessageHandlers>();
const taskFunctions = new Map<string, Routes>();
const subscribers = new Map<string, string[]>();
const messages: OutgoingMessage[] = [];
const tasks = new TaskHeap();
const usedNames = new Set<string>();
let messageCount = 0;

export function registerMessageFunction(name: string, handlers: MessageHandlers): void {
  messageFunctions.set(name, handlers);
}

export function registerTaskFunction(name: string, routes: Routes): void {
  taskFunctions.set(name, routes);
}

/** Subscribes a reaction to event types. */
export function subscribe(name: string, types: readonly string[]): void {
  for (const type of types) subscribers.set(type, [...(subscribers.get(type) ?? []), name]);
}

/** Queues a message. @returns its id */
export function queueMessage(message: OutgoingMessage): string {
  messageCount += 1;
  messages.push(message);
  return String(messageCount);
}

/** Queues a task. A task with a used name is dropped, as Cloud Tasks does. */
export function queueTask(task: Task): void {
  if (usedNames.has(task.name)) return;
  usedNames.add(task.name);
  tasks.add(task);
}

/** Returns the due time of the next task, in milliseconds; Infinity when no task waits. */
export function nextTaskMs(): number {
  return tasks.first?.dueMs ?? Number.POSITIVE_INFINITY;
}

/**
 * Delivers every published message to the subscribed reactions.
 * @throws Error when a reaction does not acknowledge: no event of a filled day fails
 */
export async function deliver(nowMs: number): Promise<void> {
  for (let message = messages.shift(); message; message = messages.shift()) {
    const { data, attributes } = message;
    const publishTime = new Date(nowMs).toISOString();
    for (const name of subscribers.get(attributes["event_type"] ?? "") ?? []) {
      const about = { messageId: attributes["event_id"] ?? "", subscription: name };
      const result = await messageFunctions.get(name)?.message({ data, attributes, publishTime, ...about });
      if (!result || result.outcome === "refused")
        throw new Error(`Event ${attributes["event_id"]} not acknowledged by ${name}`);
    }
  }
}

/** Runs the next task in its function. */
export async function runNextTask(): Promise<void> {
  const task = tasks.removeFirst();
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
  else throw new Error(`Task without a function: expected a route for ${functionName}${path}`);
}

const JSON_HEADERS = { "content-type": "application/json" };
