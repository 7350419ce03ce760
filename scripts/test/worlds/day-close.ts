import { CLOSE_SHARD, dayReports } from "../../../shared/day-close/closing/day-closing.ts";
import type { DayReport } from "../../../shared/day-close/closing/day-report-types.ts";
import { startDayClose } from "../../../shared/day-close/start-day-close.ts";
import { firestore } from "../../../shared/google/firestore.ts";
import { createTask } from "../../../shared/google/tasks.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../shared/values/durations.ts";
import { hashOf } from "../../../shared/values/ids.ts";
import { createDraws } from "../../local-cloud/faults/fault-draws.ts";
import type { Answer, World } from "./world.ts";
import { startWorld } from "./world.ts";

/** A shop with a day that is over and not closed yet. */
export interface DayCloseWorld extends World {
  day: string;
  /** Sends an event of another system to ingest. */
  report(event: object): Promise<void>;
  /** Places an order and returns its id. */
  order(user_id: string, items: object[]): Promise<string>;
  /** Closes the day and returns its report. */
  closeDay(options?: CloseOptions): Promise<DayReport>;
  /**
   * Saves the documents that a closing repairs.
   * @returns a function that restores them and deletes the closing's own documents
   */
  remember(): Promise<() => Promise<void>>;
}

interface CloseOptions {
  size?: { eventsOfAShard: number; pageSize: number };
  /** Runs each minute until the closing is over. */
  disturb?(minute: number): Promise<void>;
}

/** Starts a shop at the start of a day and runs `live`. The clock then moves on until all events are counted. */
export async function dayCloseWorld(live: (world: DayCloseWorld) => Promise<void>): Promise<DayCloseWorld> {
  // Every function runs: the day close reports each event that a reaction has not handled.
  const plain = await startWorld("all");
  await plain.advanceUnswept(DAY_MS - (plain.clock.now() % DAY_MS));
  const day = new Date(plain.clock.now()).toISOString().slice(0, 10);
  const world: DayCloseWorld = {
    ...plain,
    day,
    report: async event => {
      accepted(await plain.send("POST", "/events/ingest", event), 202);
    },
    order: async (user_id, items) => {
      const answer = await plain.send("POST", "/orders", { user_id, items });
      return accepted(answer, 201).body.order_id;
    },
    closeDay: options => closeDay(plain, day, options),
    remember,
  };
  await live(world);
  await world.settle();
  await world.advanceUnswept(DAY_MS - (world.clock.now() % DAY_MS) + MINUTE_MS);
  // The roll-up counts the last events, and the schedule does not close the day yet.
  await world.advance(10 * MINUTE_MS);
  await world.settle();
  return world;
}

/** @throws Error for an answer with another status */
function accepted(answer: Answer, expected: number): Answer {
  const { status, body } = answer;
  if (status === expected) return answer;
  throw new Error(`Request refused: expected status ${expected}, got ${status} ${JSON.stringify(body)}.`);
}

/** A shop with one day of events, in which faults are planted. */
export interface LivedShop {
  world: DayCloseWorld;
  /** Ids of the day's orders by their last event. */
  orders: { paid: string; refunded: string; cancelled: string };
  /** Id of a supplier order of 5 rugs, of which 3 arrived. */
  supplierOrder: string;
}

/** Sends the events and commands of one day to a small shop. */
export async function liveDay(world: DayCloseWorld): Promise<LivedShop> {
  const { send, report, settle, clock, advanceUnswept } = world;
  await send("PUT", "/products/lamp", { name: "Lamp", price: 20, stock: 10, category: "light" });
  await send("PUT", "/products/chair", { name: "Chair", price: 50, stock: 10 });
  await send("POST", "/products/lamp/stock", { delta: 5, reason: "delivered" });
  for (const user_id of ["usr_1", "usr_2"])
    await report({ event_type: "product.viewed", user_id, payload: { product_id: "lamp" } });
  // A term is shown when five people search for it.
  for (const user_id of ["usr_1", "usr_2", "usr_3", "usr_4", "usr_5"])
    await report({ event_type: "search.performed", user_id, payload: { query: "Desk lamp" } });
  const supplierOrder = await receiveRugs(world);
  const orders = await placeOrders(world);
  // Another producer's payment of a checkout order is an event of the day and changes no order.
  const paid = { user_id: "usr_3", order_id: orders.cancelled, payload: { amount: 1 } };
  await report({ event_type: "order.paid", ...paid });
  const items = [{ product_id: "lamp", quantity: 1, unit_price: 20 }];
  const outside = { user_id: "usr_4", order_id: "ord_outside" };
  await report({ event_type: "order.placed", ...outside, payload: { items, payment_status: "confirmed" } });
  await settle();
  await send("POST", "/products/lamp/reviews", { user_id: "usr_1", rating: 4, comment: "Bright" });
  await settle();
  // The cart's timer is still armed when the day is closed.
  await advanceUnswept(DAY_MS - HOUR_MS / 2 - (clock.now() % DAY_MS));
  const carted = { product_id: "lamp", quantity: 1, unit_price: 20 };
  await report({ event_type: "cart.item_added", user_id: "usr_5", session_id: "late", payload: carted });
  return { world, orders, supplierOrder };
}

/** Lets the stock of rugs fall to its threshold, and receives 3 of the 5 rugs that are ordered then. */
async function receiveRugs({ send, settle }: DayCloseWorld): Promise<string> {
  const supplier = { name: "Rugs Ltd", email: "rugs@supplier.example" };
  await send("PUT", "/products/rug", { name: "Rug", price: 70, stock: 6, threshold: 5, supplier });
  await send("POST", "/products/rug/stock", { delta: -1, reason: "torn" });
  await settle();
  const { body } = await send("GET", "/supplier-orders?state=open");
  const [{ supplier_order_id: id }] = body.items;
  accepted(await send("POST", `/supplier-orders/${id}/receipt`, { quantity: 3 }), 201);
  return id;
}

async function placeOrders({ send, order, settle }: DayCloseWorld): Promise<LivedShop["orders"]> {
  const chairs = [{ product_id: "chair", quantity: 3 }];
  const paid = await order("usr_1", [{ product_id: "lamp", quantity: 2 }]);
  const refunded = await order("usr_2", chairs);
  const cancelled = await order("usr_3", chairs);
  for (const id of [paid, refunded])
    await send("POST", `/orders/${id}/payments`, { attempt_id: "a", status: "paid" });
  await send("POST", `/orders/${refunded}/refunds`, { items: [{ product_id: "chair", quantity: 1 }] });
  await send("POST", `/orders/${cancelled}/cancel`, {});
  await settle();
  return { paid, refunded, cancelled };
}

async function closeDay(world: World, day: string, { size, disturb }: CloseOptions = {}): Promise<DayReport> {
  for (let minute = 0; minute < 30; minute += 1) {
    const options = { nowMs: world.clock.now(), size };
    await startDayClose(day, options).catch(() => undefined);
    if (disturb) {
      // A second start posts every open task twice, as an operator may do.
      await startDayClose(day, { ...options, nowMs: options.nowMs + MINUTE_MS }).catch(() => undefined);
      await disturb(minute);
    }
    await world.settle();
    const report = await world.read(dayReports, day);
    if (report) return report;
    await world.advanceUnswept(2 * MINUTE_MS);
  }
  throw new Error("Closing unfinished: expected a report within 60 minutes of the local clock.");
}

/** Posts late tasks of first pages. */
export async function postStrayTasks(day: string, nowMs: number): Promise<void> {
  for (const shard of [0, 1, 2])
    for (const kind of ["archive", "facts"] as const) {
      const key = `stray.${kind}.${shard}.${nowMs}`;
      const data = { day, run: 1, part: { kind, shard }, page: 0 };
      const call = { functionName: CLOSE_SHARD, path: "/", body: { key, correlation_id: key, data } };
      await createTask({ queue: CLOSE_SHARD, name: hashOf(key), ...call, dueMs: nowMs });
    }
}

/**
 * Kills some transactions from now on: an error just before or just after the commit stops the caller.
 * @returns a function that ends the killing and returns the number of killed transactions
 */
export function killRandomCommits(seed: number): () => number {
  const client = firestore();
  const { draw } = createDraws(seed);
  const runTransaction = client.runTransaction.bind(client);
  let killed = 0;
  client.runTransaction = async (body, ...options) => {
    const chance = draw("kill");
    if (chance < 0.3) killed += 1;
    const result = await runTransaction(
      async transaction => {
        const done = await body(transaction);
        if (chance < 0.15) throw new Error("killed before its commit");
        return done;
      },
      ...options,
    );
    if (chance < 0.3) throw new Error("killed after its commit");
    return result;
  };
  return () => {
    client.runTransaction = runTransaction;
    return killed;
  };
}

/** Collections that a closing writes for itself. Without them the day counts as not closed. */
const CLOSING_COLLECTIONS = [
  "day_closings",
  "day_close_cursors",
  "day_close_parts",
  "day_close_chunks",
  "day_close_findings",
  "day_close_facts",
  "day_close_subjects",
  ...["reports", "repairs", "affinities"],
];
/** Functions of the closing, as the ledger names them. */
const CLOSING_FUNCTIONS = ["close-day", "close-shard", "recommend"];

/** Collections that a closing repairs. */
const REPAIRED_COLLECTIONS = [
  ...["stock", "stock_totals", "contacts", "ratings", "carts"],
  ...["projections/analytics.1/day_counters", "browse_days", "product_views", "search_terms"],
];

async function remember(): Promise<() => Promise<void>> {
  const kept = (await documentsOf(REPAIRED_COLLECTIONS)).map(
    document => [document.ref, document.data()] as const,
  );
  return async () => {
    for (const { ref } of await documentsOf([...CLOSING_COLLECTIONS, ...REPAIRED_COLLECTIONS]))
      await ref.delete();
    const entries = await firestore().collection("ledger").where("by", "in", CLOSING_FUNCTIONS).get();
    for (const { ref } of entries.docs) await ref.delete();
    for (const [ref, data] of kept) await ref.set(data);
  };
}

async function documentsOf(names: readonly string[]) {
  const found = await Promise.all(names.map(name => firestore().collection(name).get()));
  return found.flatMap(({ docs }) => docs);
}
