import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { PermanentError } from "../../shared/errors.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { laneId } from "../../shared/pipeline/records/lane.ts";
import { lanes } from "../../shared/pipeline/records/lane-store.ts";
import { ledgerRef } from "../../shared/pipeline/records/ledger.ts";
import type { ProbeWorld } from "../test/worlds/probe.ts";
import { startProbe } from "../test/worlds/probe.ts";
import { operatorIn } from "./parked-test-steps.ts";

let world: ProbeWorld;
beforeAll(async () => {
  world = await startProbe();
});
afterAll(() => world.close());

const { tool, entryOf, idOf, stateOf, parkFirst, parkAll } = operatorIn(() => world);

test.each([
  ["an ordinary error", new Error("still broken"), "Error: still broken"],
  ["a permanent error", new PermanentError("never"), "PermanentError: never"],
])("parks an entry again when its release fails with %s", async (name, error, reason) => {
  const user = `usr_again_${name.replaceAll(" ", "_")}`;
  await parkAll(user, `evt_${user}`);
  world.behaviours.set(user, async () => {
    throw error;
  });
  await tool("release", await idOf("probe", `evt_${user}`));
  await world.settle();
  const parked = { state: "parked", n: 2, reason };
  expect(await entryOf("probe", `evt_${user}`)).toMatchObject(parked);
  expect(await entryOf("probe", `evt_${user}`)).not.toHaveProperty("due_at_ms");
  await world.advanceUnswept(8 * 60 * 60_000);
  await world.advance(60_000);
  expect(await entryOf("probe", `evt_${user}`)).toMatchObject(parked);
  world.behaviours.delete(user);
  await tool("release", await idOf("probe", `evt_${user}`));
  await world.settle();
  expect(await world.timesOf(user)).toBe(1);
});

test("keeps the retries of a deferred entry when its early release fails", async () => {
  world.behaviours.set("usr_early", async () => {
    throw new Error("not yet");
  });
  await world.signUp("usr_early", { event_id: "evt_early" });
  await world.settle();
  await tool("release", await idOf("probe", "evt_early"));
  await world.settle();
  expect(await entryOf("probe", "evt_early")).toMatchObject({ state: "deferred", n: 2, step: 2 });
  world.behaviours.delete("usr_early");
  await world.advance(61_000);
  expect(await stateOf("probe", "evt_early")).toBe("done");
});

test("parks an entry again when it fails after a wait behind another", async () => {
  const { first, failing, handled } = await parkFirst("usr_behind", "evt_b1", "evt_b2", "evt_b3");
  const second = await idOf("line", "evt_b2");
  await parkBehindHead(second);
  await tool("release", second);
  await world.settle();
  expect(await stateOf("line", "evt_b2")).toBe("queued");
  world.behaviours.set("line usr_behind", async ({ event_id }) => {
    if (event_id === "evt_b2") throw new Error("still broken");
    handled.push(event_id);
  });
  failing.clear();
  await tool("release", first);
  await world.settle();
  expect(handled).toEqual(["evt_b1"]);
  expect(await entryOf("line", "evt_b2")).toMatchObject({ state: "parked", reason: "Error: still broken" });
  expect(await stateOf("line", "evt_b3")).toBe("queued");
});

/** Parks a queued entry at its place, as the dead letter of an earlier event leaves it. */
async function parkBehindHead(id: string): Promise<void> {
  await ledgerRef(id).update({ state: "parked", n: 1, step: 1, reason: "PermanentError: earlier" });
  const lane = (await world.all(lanes)).find(({ places }) =>
    places.some(({ ledger_id }) => ledger_id === id),
  );
  const places = lane?.places.map(place => (place.ledger_id === id ? { ...place, is_queued: false } : place));
  await documentRef(lanes, laneId("line", lane?.key ?? "")).update({ places });
}
