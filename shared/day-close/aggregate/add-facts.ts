import { readDocuments } from "../../google/firestore.ts";
import type { Sums, SumsEntry } from "../../rules/counting/day-sums.ts";
import { abandonedCartKey, addEntries, TOTAL } from "../../rules/counting/day-sums.ts";
import { hashOf } from "../../values/ids.ts";
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

/** Counts the orders placed from a cart that had been abandoned before. */
async function recoveredOrders(facts: readonly CountedDayCloseFact[]): Promise<SumsEntry[]> {
  const orders = facts.flatMap(({ cart_id, received_at_ms }) =>
    cart_id === undefined ? [] : [{ cart_id, received_at_ms }],
  );
  const abandoned = await readDocuments(
    dayCloseFacts,
    orders.map(({ cart_id }) => hashOf(...abandonedCartKey(cart_id))),
  );
  const recovered = orders.filter(({ received_at_ms }, index) => {
    const abandonment = abandoned[index];
    return abandonment !== undefined && abandonment.received_at_ms < received_at_ms;
  });
  return recovered.length === 0 ? [] : [[TOTAL, { recovered_orders: recovered.length }]];
}
