import { numbered } from "./points.ts";

const READ = "BatchGetDocuments";

/**
 * The calls of each scenario's message, in their order. The points are before and after each call.
 * The run finds the calls automatically; this list makes an added or missing call a fault. Before you change the list,
 * check that the protocol holds at the new points.
 */
export const knownCalls: Readonly<Record<string, readonly string[]>> = {
  "a reaction that only writes": numbered(["Commit"]),
  "a reaction that writes and emits": numbered(["Commit", "Publish", READ, "Commit"]),
  "a reaction that reads, emits twice, arms a timer and plans an effect": numbered([
    ...[READ, "Commit", "Publish", "Publish", "CreateTask", "CreateTask", READ, "Commit"],
  ]),
  "a reaction with a dedupe document": numbered(["Commit"]),
  "a reaction whose business key exists": numbered(["Commit", READ, "Commit"]),
  "an event with the id of another event": numbered(["Commit", READ, READ, "Commit"]),
  "a fact about a thing without an owner so far": numbered([READ, "Commit"]),
  "a fact about a thing of another owner": numbered([READ, "Commit"]),
  "a reaction that throws: deferred, later released": numbered([READ, "Commit", "CreateTask"]),
  "a reaction that throws a permanent error: parked": numbered([READ, "Commit"]),
  "an automatic release that succeeds": numbered([READ, READ, "Commit", "Publish", READ, "Commit"]),
  "an automatic release that fails again": numbered([READ, READ, READ, "Commit", "CreateTask"]),
  "an ordered reaction": numbered([READ, READ, "Commit"]),
  "an ordered reaction: queued behind a failed event": numbered([READ, "Commit"]),
  "an ordered reaction: release of the head, two events queued": numbered([
    ...[READ, READ, READ, READ, "Commit", "CreateTask"],
  ]),
  "an ordered reaction: drain of two events": numbered([
    ...[READ, READ, READ, READ, READ, "Commit"],
    ...[READ, READ, READ, READ, READ, "Commit"],
    READ,
  ]),
  "a command with an Idempotency-Key": numbered([READ, "Commit", "RunQuery", "Publish", READ, "Commit"]),
  "a timer": numbered([READ, "Commit", "Publish", READ, "Commit"]),
  "a parked timer, released by an operator": numbered([
    ...[READ, READ, READ, "Commit", "Publish", READ, "Commit"],
  ]),
  "a parked message that bypassed ingest, released by an operator": numbered([
    ...[READ, READ, "Commit", "Publish", READ, "Commit"],
  ]),
  "an effect that is not repeatable": numbered([READ, "Commit", "Send", READ, "Commit"]),
  "a repeatable effect": numbered([READ, "Commit", "Send", READ, "Commit"]),
};
