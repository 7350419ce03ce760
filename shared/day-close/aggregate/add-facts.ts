import { firestore } from "../../google/firestore.ts";
import type { Sums, SumsEntry } from "../../rules/counting/day-sums.ts";
import { addEntries, TOTAL } from "../../rules/counting/day-sums.ts";
import type { CartMoment } from "../../rules/counting/recovery.ts";
import { recoveriesIn } from "../../rules/counting/recovery.ts";
import type { CountedDayCloseFact } from "../closing/day-closing.ts";
import { dayCloseFacts } from "../closing/day-closing.ts";
import { shareOf } from "../closing/id-range.ts";
import type { PageStep } from "../closing/page-step.ts";
import { sumsIn } from "../closing/sums-text.ts";

/** Adds up the next facts that count on the day. Runs after every event of the day was read. */
export const addFacts: PageStep = async ({
  dayClosing: { day, shards, page_size },
  part: { shard },
  after,
}) => {
  const { docs } = await shareOf(dayCloseFacts, { day, shard, shards, after }).limit(page_size).get();
  const facts = docs.map(document => document.data() as CountedDayCloseFact);
  const sums: Sums = new Map();
  for (const fact of facts) addEntries(sums, sumsIn(fact.sums));
  addEntries(sums, await recoveredOrders(facts));
  return { sums, next: docs.length < page_size ? undefined : docs.at(-1)?.id };
};

/**
 * Counts the orders that bought back an abandoned cart. All earlier abandonments and orders of the cart are read, so a
 * cycle counts once over all days and shards.
 */
async function recoveredOrders(facts: readonly CountedDayCloseFact[]): Promise<SumsEntry[]> {
  const orders = facts.filter(({ is }) => is === "order");
  const carts = [...new Set(orders.flatMap(({ cart_id }) => cart_id ?? []))];
  const histories = await Promise.all(chunksOf(carts, CARTS_PER_QUERY).map(historiesOf));
  const abandonedOn = new Map(histories.flat().flatMap(history => [...recoveriesIn(history)]));
  const recovered = orders.filter(({ id }) => abandonedOn.has(id));
  if (recovered.length === 0) return [];
  const recovered_earlier = recovered.filter(({ id, day }) => abandonedOn.get(id) !== day).length;
  return [[TOTAL, { recovered_orders: recovered.length, recovered_earlier }]];
}

/** Max values of an `in` filter (https://cloud.google.com/firestore/docs/query-data/queries). */
const CARTS_PER_QUERY = 30;

function chunksOf<T>(all: readonly T[], size: number): T[][] {
  const count = Math.ceil(all.length / size);
  return Array.from({ length: count }, (_, n) => all.slice(n * size, (n + 1) * size));
}

/** Reads the history of each cart. */
async function historiesOf(cartIds: readonly string[]): Promise<CartMoment[][]> {
  const { docs } = await firestore()
    .collection(dayCloseFacts.name)
    .where("cart_id", "in", cartIds)
    .select("id", "received_at_ms", "day", "products", "is", "cart_id")
    .get();
  const moments = docs.map(document => document.data() as CartMoment & { cart_id: string });
  return [...Map.groupBy(moments, ({ cart_id }) => cart_id).values()];
}
