import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { replayFlags } from "../../scripts/operate/replay-flags.ts";
import { runReplay } from "../../scripts/operate/replay-run.ts";
import { anEvent } from "../../scripts/test/an-event.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { userSignals, users, userViews } from "../../shared/collections.ts";
import { documentRef, firestore, inTransaction } from "../../shared/google/firestore.ts";
import { openWork } from "../../shared/pipeline/process/unit-of-work.ts";
import { liveCollection } from "../../shared/pipeline/records/generation.ts";
import { forgetSignals, readSignals } from "../../shared/recommendations/read-signals.ts";
import { MINUTE_MS } from "../../shared/values/durations.ts";

let world: World;
beforeAll(async () => {
  const needed = ["http/ingest", "reactions/archive", "reactions/recommendations", "schedules/sweep"];
  world = await startWorld(needed);
});
afterAll(() => world.close());

const signalsOf = async (user: string) =>
  (await readSignals(user)).map(({ of, interest, item_id }) => `${interest} ${of} ${item_id}`).sort();

testDeliveries(() => world, {
  reaction: "recommendations",
  events: name => {
    const user_id = `usr_${name}`;
    const items = [
      { product_id: "cup", quantity: 2 },
      { product_id: "lamp", quantity: 1 },
    ];
    return [
      anEvent("cart.item_added", { user_id, session_id: `s_${name}`, payload: items[0] }),
      anEvent("order.placed", { user_id, order_id: `ord_${name}`, payload: { items } }),
      anEvent("purchase.completed", {
        user_id,
        payload: { purchase_id: `pur_${name}`, course_id: "crs_pottery" },
      }),
    ];
  },
  outcome: name => signalsOf(`usr_${name}`),
  expected: [
    "carted product cup",
    "ordered course crs_pottery",
    "ordered product cup",
    "ordered product lamp",
  ],
});

test("keeps nothing about a guest or an erased person", async () => {
  await documentRef(users, "usr_erased").set({ user_id: "usr_erased", erased_at_ms: 1 });
  const guest = { order_id: "ord_guest", user_id: undefined };
  const erased = { order_id: "ord_erased", user_id: "usr_erased" };
  for (const about of [guest, erased])
    await world.send("POST", "/events/ingest", anEvent("order.placed", about));
  await world.settle();
  expect(await signalsOf("usr_erased")).toEqual([]);
  const skipped = (await world.ledgerOf("recommendations")).filter(({ cause }) =>
    ["ord_guest", "usr_erased"].includes(cause.subject),
  );
  expect(skipped.map(({ state }) => state)).toEqual(["skipped", "skipped"]);
});

test("reads views of the roll-up and forgets all signals on demand", async () => {
  const user_id = "usr_saw";
  await documentRef(userViews, user_id).set({ user_id, viewed: { cup: 5 } });
  const added = anEvent("cart.item_added", { user_id, payload: { product_id: "lamp" } });
  await world.send("POST", "/events/ingest", added);
  await world.settle();
  expect(await signalsOf(user_id)).toEqual(["carted product lamp", "viewed product cup"]);
  // An erasure does the same. The rebuild in the next test must not bring the signals back.
  await documentRef(users, user_id).set({ user_id, erased_at_ms: 1 });
  await inTransaction(async transaction => {
    const { work, apply } = openWork(transaction, "test", { cause: TEST_CAUSE, nowMs: 0 });
    await forgetSignals(user_id, work);
    apply(transaction);
  });
  expect(await signalsOf(user_id)).toEqual([]);
});

const TEST_CAUSE = {
  producer: "test",
  id: "1",
  event_type: "test",
  subject: "test",
  fingerprint: "",
  correlation_id: "1",
};

test("yields the same signals when it is rebuilt from the archive", async () => {
  const all = async () => {
    const { name } = await liveCollection("recommendations", userSignals);
    const found = await firestore().collection(name).get();
    return { name, documents: found.docs.map(document => document.data()) };
  };
  const live = await all();
  const io = { out: () => undefined, note: () => undefined, signal: new AbortController().signal };
  const flags = replayFlags(["--reaction", "recommendations", "--rebuild", "--rate", "500", "--who", "ann"]);
  const declarations = world.functions.map(({ declaration }) => declaration);
  await runReplay(flags, { io, declarations, pause: () => world.advance(2 * MINUTE_MS) });
  const rebuilt = await all();
  expect(rebuilt.name).not.toBe(live.name);
  expect(rebuilt.documents).toEqual(live.documents);
  expect(live.documents.length).toBeGreaterThan(5);
});
