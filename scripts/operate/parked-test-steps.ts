import { PermanentError } from "../../shared/errors.ts";
import { cloudTasks } from "../../shared/google/tasks.ts";
import { RELEASES } from "../../shared/pipeline/outbox/post-release.ts";
import type { Act } from "../../shared/pipeline/records/audit.ts";
import { audit } from "../../shared/pipeline/records/audit.ts";
import type { ProbeWorld } from "../test/worlds/probe.ts";
import { parkedFlags } from "./parked-flags.ts";
import { runParked } from "./parked-run.ts";

const RELEASE_QUEUE = `projects/demo-pulsecart/locations/us-central1/queues/${RELEASES}`;

/** Creates the steps of tests in which an operator handles parked entries. */
export function operatorIn(world: () => ProbeWorld) {
  /**
   * Runs the tool as an operator does.
   * @returns its output and exit code
   */
  async function tool(...args: string[]) {
    const { signal } = new AbortController();
    const printed: string[] = [];
    const notes: string[] = [];
    const io = {
      out: (text: string) => printed.push(text),
      note: (text: string) => notes.push(text),
      signal,
    };
    const code = await runParked(parkedFlags([...args, "--who", "ann"]), io);
    return { code, text: printed.join("\n"), notes: notes.join("\n") };
  }

  async function json(...args: string[]) {
    return JSON.parse((await tool(...args, "--json")).text);
  }

  const entryOf = async (by: string, event: string) =>
    (await world().ledgerOf(by)).find(({ cause }) => cause.id === event);
  const idOf = async (by: string, event: string) => (await entryOf(by, event))?.id ?? "";
  const stateOf = async (by: string, event: string) => (await entryOf(by, event))?.state;
  const recordsOf = async (target: string) =>
    (await world().all(audit)).filter(record => record.target === target);

  /**
   * Sends events of a user to the ordered reaction and parks the first.
   * @returns the handled events, and the failing ones
   */
  async function parkFirst(user: string, ...events: string[]) {
    const handled: string[] = [];
    const failing = new Set(events.slice(0, 1));
    world().behaviours.set(`line ${user}`, async ({ event_id }) => {
      if (failing.has(event_id)) throw new PermanentError(`${user} must be looked at`);
      handled.push(event_id);
    });
    for (const event_id of events) await world().signUp(user, { event_id });
    await world().settle();
    return { handled, failing, first: await idOf("line", events[0] ?? "") };
  }

  /**
   * Parks events of a user.
   * @returns a function that repairs the reaction
   */
  async function parkAll(user: string, ...events: string[]) {
    let isRepaired = false;
    world().behaviours.set(user, async () => {
      if (!isRepaired) throw new PermanentError(`${user} must be looked at`);
    });
    for (const event_id of events) await world().signUp(user, { event_id });
    await world().settle();
    return () => {
      isRepaired = true;
    };
  }

  /** Pauses the release queue until `then` has run. */
  async function withTasksHeld(then: () => Promise<unknown>): Promise<void> {
    const tasks = await cloudTasks();
    await tasks.pauseQueue({ name: RELEASE_QUEUE });
    await then();
    await tasks.resumeQueue({ name: RELEASE_QUEUE });
    await world().settle();
  }

  const actOf = (id: string): Act => ({ id, who: "ann", reason: "a test", nowMs: world().clock.now() });

  return { tool, json, entryOf, idOf, stateOf, recordsOf, parkFirst, parkAll, withTasksHeld, actOf };
}
