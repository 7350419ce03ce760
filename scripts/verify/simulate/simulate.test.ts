import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { config } from "../../../shared/config.ts";
import { firestore } from "../../../shared/google/firestore.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/values/durations.ts";
import type { World } from "../../test/worlds/world.ts";
import { startWorld } from "../../test/worlds/world.ts";
import { differenceText } from "./difference.ts";
import { FAULT_PRESETS } from "./fault-presets.ts";
import { readFlags } from "./flags.ts";
import type { Simulation } from "./simulation.ts";
import { simulate } from "./simulation.ts";
import { planDay } from "./traffic.ts";

/** Shorter than in a real shop, so that the clock has less time to pass. */
const IDLE_MS = 15 * MINUTE_MS;

const root = fileURLToPath(new URL("../../..", import.meta.url));

let world: World;
let simulation: Simulation;
beforeAll(async () => {
  process.env["ABANDON_AFTER_SECONDS"] = String(IDLE_MS / 1_000);
  world = await startWorld("all");
  // The reminders are due in the daytime. Quiet hours would only cost time.
  await world.advanceUnswept(untilMorningMs(world.clock.now()));
  simulation = await simulate({
    url: world.url,
    seed: 7,
    events: 90,
    browseShare: 0.2,
    rounds: 2,
    idleMs: IDLE_MS,
    faults: FAULT_PRESETS["heavy"] ?? {},
  });
});
afterAll(async () => {
  delete process.env["ABANDON_AFTER_SECONDS"];
  // Undefined when the day itself failed.
  await (simulation as Simulation | undefined)?.close();
  await world.close();
});

/** Computes the time until the next morning, two hours after the end of the quiet hours. */
function untilMorningMs(nowMs: number): number {
  const morningMs = Math.floor(nowMs / DAY_MS) * DAY_MS + 10 * HOUR_MS;
  return morningMs > nowMs ? morningMs - nowMs : morningMs + DAY_MS - nowMs;
}

test("finds every total as expected after a day under heavy faults", () => {
  expect(config().abandonAfterMs).toBe(IDLE_MS);
  expect(simulation.differences).toEqual([]);
  const { events, orders, foreign, abandoned, mails, receipts, reminders } = simulation.checked;
  expect(Math.min(events, orders, foreign, abandoned, mails)).toBeGreaterThan(3);
  expect(Math.min(receipts, reminders)).toBeGreaterThan(0);
  // So few mails may have no mail fault at all.
  const expected = Object.keys(FAULT_PRESETS["heavy"] ?? {}).filter(name => !name.startsWith("smtp_"));
  expect(Object.keys(simulation.struck)).toEqual(expect.arrayContaining(expected));
});

/** Finds the first document of a collection whose field has this value. */
async function documentWhere(collection: string, field: string, value: unknown) {
  const { docs } = await firestore().collection(collection).get();
  const found = docs.find(document => document.get(field) === value);
  if (!found)
    throw new Error(`document missing in ${collection}: expected one with ${field} ${value}, got none`);
  return found;
}

/** Returns an archived event of a type about an order, as the archive holds it. */
async function announcementOf(orderId: string, type: string): Promise<string> {
  const { docs } = await firestore().collection("events").where("order_id", "==", orderId).get();
  const found = docs.find(document => document.get("event_type") === type);
  return String(found?.get("event"));
}

/** Creates a fault in the stored state. `named` matches the difference that the checks must report. */
type PlantedFault = () => Promise<{ named: RegExp; undo(): Promise<unknown> }>;

async function without(collection: string, field: string, value: unknown) {
  const found = await documentWhere(collection, field, value);
  await found.ref.delete();
  return { found, undo: () => found.ref.set(found.data()) };
}

async function changed(collection: string, [field, value]: [string, unknown], to: object) {
  const found = await documentWhere(collection, field, value);
  await found.ref.set(to, { merge: true });
  return { found, undo: () => found.ref.set(found.data()) };
}

/** Finds the reminders in a state. */
async function remindersWhere(state: string) {
  const { docs } = await firestore().collection("effects").where("state", "==", state).get();
  return docs.filter(document => JSON.parse(document.get("data")).template === "cart-reminder");
}

const faults: Record<string, PlantedFault> = {
  "an event that the archive has lost": async () => {
    const { found, undo } = await without("events", "event_type", "cart.item_added");
    return { named: new RegExp(`^${found.get("event_id")}: expected in the archive once`), undo };
  },
  "an event in the archive that was refused": async () => {
    const refused = simulation.journal.find(({ status }) => status === 422);
    const id = String(refused?.body["event_id"]);
    const { ref } = await documentWhere("events", "event_type", "product.viewed");
    const copy = (await ref.get()).data() ?? {};
    const planted = ref.parent.doc("planted");
    const event = { ...JSON.parse(copy["event"]), event_id: id };
    await planted.set({ ...copy, event_id: id, event: JSON.stringify(event) });
    return { named: new RegExp(`^${id}: expected not to be archived`), undo: () => planted.delete() };
  },
  "a stock move that counted twice": async () => {
    const { docs } = await firestore().collection("stock").limit(1).get();
    const [stock] = docs;
    await stock?.ref.update({ quantity: Number(stock.get("quantity")) - 1 });
    return {
      named: new RegExp(`^${stock?.id}: expected -?\\d+`),
      undo: async () => stock?.ref.set(stock.data()),
    };
  },
  "a receipt of goods that moved no stock": async () => {
    const { docs } = await firestore().collection("stock_entries").get();
    const entry = docs.find(document => document.get("receipt_id") !== undefined);
    await entry?.ref.delete();
    return {
      named: new RegExp(`^${entry?.get("product_id")}: expected \\d+ received by its entries`),
      undo: async () => entry?.ref.set(entry.data()),
    };
  },
  "a receipt that its supplier order has lost": async () => {
    const { docs } = await firestore().collection("supplier_orders").get();
    const received = docs.find(document => document.get("receipts").length > 0);
    await received?.ref.update({ receipts: [] });
    return {
      named: new RegExp(`^${received?.id}: expected \\w+, \\d+ units in`),
      undo: async () => received?.ref.set(received.data()),
    };
  },
  "units on order that were counted twice": async () => {
    const { docs } = await firestore().collection("reorders").get();
    const [counted] = docs;
    await counted?.ref.update({ open_units: Number(counted.get("open_units")) + 7 });
    return {
      named: new RegExp(`^${counted?.id}: expected \\d+ units on order`),
      undo: async () => counted?.ref.set(counted.data()),
    };
  },
  "a low-stock alert that ordered twice": async () => {
    const { docs } = await firestore().collection("supplier_orders").get();
    const planted = docs[0]?.ref.parent.doc("planted");
    await planted?.set({ ...docs[0]?.data(), receipts: [] });
    const { event_id } = docs[0]?.get("alert") ?? {};
    return {
      named: new RegExp(`^${event_id}: expected the supplier order`),
      undo: async () => planted?.delete(),
    };
  },
  "a low-stock alert that ordered nothing": async () => {
    const { found, undo } = await without("supplier_orders", "state", "received");
    return { named: new RegExp(`^${found.get("alert").event_id}: expected the supplier order`), undo };
  },
  "a product that sold out unseen": async () => {
    const { found, undo } = await changed("stock_levels", ["sold_out", false], { sold_out: true });
    return { named: new RegExp(`^${found.id}: expected sold_out false in its level`), undo };
  },
  "work whose state is gone": async () => {
    const { found, undo } = await without("stock_moves", "revision", 1);
    return { named: new RegExp(`^${found.id}: expected to have deducted`), undo };
  },
  "an event that hangs": async () => {
    const { found, undo } = await changed("ledger", ["by", "carts"], { state: "pending" });
    return { named: new RegExp(`^${found.get("cause").id} .* expected done or skipped`), undo };
  },
  "an event that is parked": async () => {
    const { found, undo } = await changed("ledger", ["by", "inventory"], { state: "parked" });
    return { named: new RegExp(`^${found.get("cause").id} .* found parked`), undo };
  },
  "an event that one of its reactions never handled": async () => {
    const { found, undo } = await without("ledger", "by", "carts");
    return { named: new RegExp(`^${found.get("cause").id} .* expected an entry of carts`), undo };
  },
  "a follow-up that was never sent": async () => {
    const sent = { follow_ups: [{ kind: "event" }] };
    const { found, undo } = await changed("ledger", ["by", "checkout"], sent);
    return { named: new RegExp(`^${found.get("cause").id} .* expected no follow-ups left`), undo };
  },
  "an order that was not announced": async () => {
    const { id: order_id } = await documentWhere("orders", "source", "checkout");
    const { undo } = await without("events", "event", await announcementOf(order_id, "order.placed"));
    return { named: new RegExp(`^${order_id}: expected order\\.\\w+ in the archive once`), undo };
  },
  "a change of a balance that was not announced": async () => {
    const { id: order_id } = await documentWhere("orders", "source", "checkout");
    const { undo } = await without(
      "events",
      "event",
      await announcementOf(order_id, "order.balance_changed"),
    );
    return { named: new RegExp(`^${order_id}: revisions: expected 1`), undo };
  },
  "an announcement without a decision": async () => {
    const announced = await documentWhere("events", "producer", "abandon-cart");
    const { causation_id: key } = JSON.parse(announced.get("event"));
    const { undo } = await without("ledger", "cause.id", key);
    return { named: new RegExp(`expected abandon-cart to have done ${key.replaceAll(".", "\\.")}`), undo };
  },
  "a cart that was announced twice": async () => {
    const first = await documentWhere("events", "producer", "abandon-cart");
    const event = { ...JSON.parse(first.get("event")), event_id: "evt_planted" };
    const planted = first.ref.parent.doc("planted");
    await planted.set({ ...first.data(), event_id: "evt_planted", event: JSON.stringify(event) });
    const named = new RegExp(`^cart ${event.payload.cart_id}: expected one cart.abandoned of its cycle`);
    return { named, undo: () => planted.delete() };
  },
  "an idle cart that was not announced": async () => {
    const { found, undo } = await without("events", "producer", "abandon-cart");
    const { cart_id } = JSON.parse(found.get("event")).payload;
    return { named: new RegExp(`^cart ${cart_id}: expected a cart.abandoned`), undo };
  },
  "a cart that was announced although it was bought": async () => {
    const bought = await documentWhere("carts", "status", "bought");
    const other = await documentWhere("events", "producer", "abandon-cart");
    const event = JSON.parse(other.get("event"));
    const payload = { ...event.payload, cart_id: bought.id, cycle: 77 };
    const planted = other.ref.parent.doc("planted");
    await planted.set({
      ...other.data(),
      event_id: "evt_planted",
      event: JSON.stringify({ ...event, payload }),
    });
    return {
      named: new RegExp(`^cart ${bought.id}: expected no cart.abandoned`),
      undo: () => planted.delete(),
    };
  },
  "a cart that is not as it was left": async () => {
    const { found, undo } = await changed("carts", ["status", "bought"], { status: "abandoned" });
    return { named: new RegExp(`^cart ${found.id}: expected to be bought`), undo };
  },
  "an order in a state without a cause": async () => {
    const { found, undo } = await changed("orders", ["state", "placed"], { state: "cancelled" });
    return { named: new RegExp(`^${found.id}: expected placed`), undo };
  },
  "a shipment that does not follow its order": async () => {
    const { found, undo } = await changed("shipments", ["state", "waiting"], { state: "requested" });
    return { named: new RegExp(`^${found.id}: shipment: expected waiting, found requested`), undo };
  },
  "a lane that no event left": async () => {
    const lane = firestore().collection("lanes").doc("carts~planted");
    await lane.set({ changed_at_ms: world.clock.now() });
    return { named: /^lane carts~planted: expected to be gone/, undo: () => lane.delete() };
  },
  "a stored payment that no request made": async () => {
    const payments = [{ payment_id: "planted", amount_minor: 1 }];
    const { found, undo } = await changed("orders", ["state", "placed"], { payments });
    return { named: new RegExp(`^${found.id}: payments: expected .*, found planted 1`), undo };
  },
  "orders that analytics has counted twice": async () => {
    const { docs } = await firestore().collectionGroup("day_counters").get();
    const counted = docs.find(document => document.get("orders") !== undefined);
    await counted?.ref.update({ orders: 2 * Number(counted.get("orders")) });
    return {
      named: /^analytics: orders: expected \d+, found/,
      undo: async () => counted?.ref.set(counted.data()),
    };
  },
  "a report about our account that a reaction handled": async () => {
    const { found, undo } = await changed("ledger", ["reason", "not the owner"], { state: "done" });
    return { named: new RegExp(`^${found.get("cause").id} .* expected skipped: not the owner`), undo };
  },
  "an account that another system changed": async () => {
    const { found, undo } = await changed("users", ["owned_by", "accounts"], { email: "no@example.com" });
    return { named: new RegExp(`^account ${found.id}: expected`), undo };
  },
  "a mail that was never sent": async () => {
    const { found, undo } = await without("effects", "state", "skipped");
    await found.ref.set({ ...found.data(), state: "sent" });
    return { named: new RegExp(`^effect ${found.id}: expected sent: 1`), undo };
  },
  "a reminder to a person without consent": async () => {
    const skipped = await remindersWhere("skipped");
    const found = skipped.find(document => /stated none/.test(document.get("reason")));
    if (!found) throw new Error("reminder missing: expected one skipped without a statement, got none");
    await found.ref.update({ state: "unknown", lost: 1 });
    return {
      named: new RegExp(`^effect ${found.id}: expected no reminder: the user has stated no consent`),
      undo: () => found.ref.set(found.data()),
    };
  },
  "abandoned carts without a reminder": async () => {
    const found = await remindersWhere("sent");
    await Promise.all(found.map(({ ref }) => ref.delete()));
    return {
      named: /^cart \S+: expected a reminder of cycle \d+, found none/,
      undo: () => Promise.all(found.map(document => document.ref.set(document.data()))),
    };
  },
  "an effect that hangs": async () => {
    const effect = firestore().collection("effects").doc("mail~planted");
    await effect.set({ state: "sending", changed_at_ms: world.clock.now(), data: "{}" });
    return { named: /^effect mail~planted: expected sent, skipped or unknown/, undo: () => effect.delete() };
  },
};

test.each(Object.entries(faults))("reports %s", async (_name, plantFault) => {
  const { named, undo } = await plantFault();
  const { differences } = await simulation.check();
  await undo();
  expect(differences.map(differenceText)).toContainEqual(expect.stringMatching(named));
});

test("plans the same day for the same seed", () => {
  const options = { events: 2_000, tag: "t" };
  expect(planDay({ seed: 3, ...options })).toEqual(planDay({ seed: 3, ...options }));
  expect(planDay({ seed: 4, ...options })).not.toEqual(planDay({ seed: 3, ...options }));
});

describe("command line", () => {
  test.each([
    [["--events", "none"], '--events invalid: expected a whole number from 1 to 1000000, got "none".'],
    [["--url", "localhost"], "--url invalid: expected an address such as http://localhost:8000"],
    [
      ["--faults", "many"],
      "--faults invalid: expected none, light, heavy or the JSON of POST /__local/faults, got",
    ],
    [
      ["--faults", '{"duplicate": 2}'],
      "--faults invalid: expected none, light, heavy or the JSON of POST /__local/faults (",
    ],
  ])("refuses the flags %j with a sentence", (args, sentence) => {
    expect(() => readFlags(args)).toThrow(sentence);
  });

  test("exits with 2 and names npm start when no PulseCart runs", () => {
    const args = ["scripts/verify/simulate/simulate.ts", "--url", "http://127.0.0.1:1"];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining("start one with npm start"),
    });
  });
});
