import { numbered } from "./points.ts";

const READ = "BatchGetDocuments";

/**
 * The calls that each scenario's message makes on its way, in their order: before and after each of them is a point.
 * The run finds them by itself; they are written down so that a call that comes or goes is noticed. Whoever adds one
 * looks at whether the protocol still holds there, and then changes this list.
 */
export const knownWays: Readonly<Record<string, readonly string[]>> = {
  "a reaction that only writes": way("Commit"),
  "a reaction that only writes, and announces": way("Commit", "Publish", READ, "Commit"),
  "a reaction that reads, announces twice, arms a timer and plans an effect": way(
    ...[READ, "Commit", "Publish", "Publish", "CreateTask", "CreateTask", READ, "Commit"],
  ),
  "a reaction whose document is its own mark": way("Commit"),
  "a reaction whose business key is taken": way("Commit", READ, "Commit"),
  "an event with the id of another one": way("Commit", READ, READ, "Commit"),
  "a reaction that throws: deferred, later released": way(READ, "Commit", "CreateTask"),
  "a reaction that finds poison: parked": way(READ, "Commit"),
  "an automatic release that succeeds": way(READ, READ, "Commit", "Publish", READ, "Commit"),
  "an automatic release that fails again": way(READ, READ, READ, "Commit", "CreateTask"),
  "an ordered reaction": way(READ, READ, "Commit"),
  "an ordered reaction: queued behind one that failed": way(READ, "Commit"),
  "an ordered reaction: release of the head, two wait": way(READ, READ, READ, READ, "Commit", "CreateTask"),
  "an ordered reaction: drain of two": way(
    ...[READ, READ, READ, READ, READ, "Commit"],
    ...[READ, READ, READ, READ, READ, "Commit"],
    READ,
  ),
  "a command with an Idempotency-Key": way(READ, "Commit", "RunQuery", "Publish", READ, "Commit"),
  "a timer": way(READ, "Commit", "Publish", READ, "Commit"),
  "a timer that was parked, released by a person": way(READ, READ, READ, "Commit", "Publish", READ, "Commit"),
  "a message past ingest that was parked, released by a person": way(
    ...[READ, READ, "Commit", "Publish", READ, "Commit"],
  ),
  "an effect that may be seen once": way(READ, "Commit", "Send", READ, "Commit"),
  "an effect that may be seen twice": way(READ, "Commit", "Send", READ, "Commit"),
};

function way(...calls: readonly string[]): string[] {
  return numbered(calls);
}
