import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ProbeWorld } from "../../../scripts/test/worlds/probe.ts";
import { startProbe } from "../../../scripts/test/worlds/probe.ts";
import { PermanentError } from "../../errors.ts";
import { cloudTasks } from "../../google/tasks.ts";
import { RELEASES, releaseAt } from "../outbox/post-release.ts";
import { lanes } from "./lane-store.ts";

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

const entriesOf = async (user: string) =>
  (await world.ledgerOf("line")).filter(({ cause }) => cause.subject === user);
const stateOf = async (user: string, event: string) =>
  (await entriesOf(user)).find(({ cause }) => cause.id === event)?.state;
const laneOf = async (user: string) => (await world.all(lanes)).find(({ key }) => key === user);

/** Records the handled events of a user. Events in `failing` fail until they are removed from it. */
function follow(user: string, failing: Map<string, Error>): string[] {
  const handled: string[] = [];
  world.behaviours.set(`line ${user}`, async ({ event_id }) => {
    const error = failing.get(event_id);
    if (error) throw error;
    handled.push(event_id);
  });
  return handled;
}

async function signUp(user: string, ...ids: string[]): Promise<void> {
  for (const event_id of ids) {
    await world.signUp(user, { event_id });
    await world.settle();
  }
}

async function releaseByHand(user: string, event: string): Promise<void> {
  const entry = (await entriesOf(user)).find(({ cause }) => cause.id === event);
  const { id: ledgerId = "", n = 0 } = entry ?? {};
  await releaseAt({ ledgerId, reaction: "line", n, dueMs: world.clock.now(), poster: `a test ${n}` });
  await world.settle();
}

test("handles the events of a user in order behind a failed one", async () => {
  const failing = new Map([["evt_a1", new Error("not yet")]]);
  const handled = follow("usr_a", failing);
  await signUp("usr_a", "evt_a1", "evt_a2", "evt_a3");
  expect(handled).toEqual([]);
  expect(await stateOf("usr_a", "evt_a1")).toBe("deferred");
  expect(await stateOf("usr_a", "evt_a3")).toBe("queued");
  failing.clear();
  await world.advance(11_000);
  expect(handled).toEqual(["evt_a1", "evt_a2", "evt_a3"]);
  expect(await laneOf("usr_a")).toBeUndefined();
  await signUp("usr_a", "evt_a4");
  expect(handled.at(-1)).toBe("evt_a4");
});

test("lets the events of other users pass", async () => {
  follow("usr_b", new Map([["evt_b1", new Error("not yet")]]));
  const others = follow("usr_c", new Map());
  await signUp("usr_b", "evt_b1", "evt_b2");
  await signUp("usr_c", "evt_c1");
  expect(others).toEqual(["evt_c1"]);
});

test("waits behind a parked event until an operator releases it", async () => {
  const failing = new Map<string, Error>([["evt_d1", new PermanentError("an operator must look")]]);
  const handled = follow("usr_d", failing);
  await signUp("usr_d", "evt_d1", "evt_d2", "evt_d3");
  await world.advanceUnswept(55 * 60_000);
  await world.advance(5 * 60_000);
  expect(handled).toEqual([]);
  await releaseByHand("usr_d", "evt_d1");
  expect(await stateOf("usr_d", "evt_d1")).toBe("parked");
  failing.clear();
  await releaseByHand("usr_d", "evt_d1");
  expect(handled).toEqual(["evt_d1", "evt_d2", "evt_d3"]);
});

test("stops at the next event that fails", async () => {
  const failing = new Map<string, Error>([
    ["evt_e1", new Error("not yet")],
    ["evt_e3", new PermanentError("an operator must look")],
  ]);
  const handled = follow("usr_e", failing);
  await signUp("usr_e", "evt_e1", "evt_e2", "evt_e3", "evt_e4");
  failing.delete("evt_e1");
  await world.advance(11_000);
  expect(handled).toEqual(["evt_e1", "evt_e2"]);
  expect((await laneOf("usr_e"))?.places.map(({ is_queued }) => is_queued)).toEqual([false, true]);
});

test("counts a queued event once although it is delivered again", async () => {
  const failing = new Map([["evt_f1", new Error("not yet")]]);
  const handled = follow("usr_f", failing);
  await signUp("usr_f", "evt_f1", "evt_f2", "evt_f2", "evt_f1");
  expect((await laneOf("usr_f"))?.places).toHaveLength(2);
  failing.clear();
  await world.advance(11_000);
  expect(handled).toEqual(["evt_f1", "evt_f2"]);
});

test("continues when the drain task was lost", async () => {
  const failing = new Map([["evt_g1", new Error("not yet")]]);
  const handled = follow("usr_g", failing);
  await signUp("usr_g", "evt_g1", "evt_g2");
  failing.clear();
  const tasks = await cloudTasks();
  const queue = { name: tasks.queuePath("demo-pulsecart", "us-central1", RELEASES) };
  world.behaviours.set("line usr_g", async ({ event_id }) => {
    handled.push(event_id);
    // The release of the first event runs; its drain task for the second event is lost.
    if (event_id === "evt_g1") await tasks.pauseQueue(queue);
  });
  await world.advance(11_000);
  expect(handled).toEqual(["evt_g1"]);
  await tasks.purgeQueue(queue);
  await tasks.resumeQueue(queue);
  await world.advance(3 * 60_000);
  expect(handled).toEqual(["evt_g1", "evt_g2"]);
});
