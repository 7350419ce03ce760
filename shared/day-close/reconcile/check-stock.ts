import type { Stock, StockEntry } from "../../collections.ts";
import { products, stock, stockEntries } from "../../collections.ts";
import { countAndSum, firestore, readDocuments } from "../../google/firestore.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { idsAfter, inTens } from "../closing/pages.ts";
import { repairDocument } from "../closing/repair.ts";
import type { Step } from "../closing/step.ts";

/** Each costs a read for every thousand of its moves. */
const PAGE = 100;

/** So many moves are named that may be the one that counted twice. */
const MAX_NAMED = 5;

/**
 * Compares the stock of each product with its opening stock and all its moves, and puts it right.
 *
 * That is safe: the quantity is nothing but the sum of the entries, which are written in the very commits that move
 * it, and nobody else may touch it. Whether the entries themselves are right, each order's once, is compared with the
 * events, and of that nothing is repaired: what is really there somebody has to count.
 */
export const checkStock: Step = async ({ day, run, after }, work) => {
  const { ids, next } = await idsAfter(products, after, PAGE);
  const suspects = await wrongOf(ids, await readDocuments(stock, ids));
  const findings: Finding[] = [];
  if (suspects.length > 0) {
    // An entry and the stock change in one commit: while the stock that is read here stays, so do the entries.
    const stored = await work.getAll(stock, suspects);
    const wrong = new Set(await wrongOf(suspects, stored));
    for (const [index, id] of suspects.entries()) {
      if (!wrong.has(id)) continue;
      const [before, right] = [stored[index], await expectedOf(id)];
      findings.push(await findingOf(id, { expected: right, found: before }));
      const entry = { id, before, after: { quantity: right } };
      repairDocument(stock, entry, { closing: { day, run }, work });
      // Whoever wants to be told that it is low is told by what is right.
      const key = `${day}.${run}.${id}`;
      work.timer("check-stock", { key, dueMs: work.nowMs, data: { product_ids: [id] } });
    }
  }
  return { sums: new Map(), findings, next };
};

async function wrongOf(ids: readonly string[], stored: readonly (Stock | undefined)[]): Promise<string[]> {
  const expected = await inTens(ids, expectedOf);
  return ids.filter((_, index) => (stored[index]?.quantity ?? 0) !== expected[index]);
}

async function expectedOf(productId: string): Promise<number> {
  const [product] = await readDocuments(products, [productId]);
  const { sum } = await countAndSum(entriesOf(productId), "delta");
  return (product?.opening_stock ?? 0) + sum;
}

function entriesOf(productId: string) {
  return firestore().collection(stockEntries.name).where("product_id", "==", productId);
}

/** A move that was made twice, or lost, is as large as the difference: such moves are named. */
async function findingOf(
  productId: string,
  { expected, found }: { expected: number; found: Stock | undefined },
): Promise<Finding> {
  const difference = (found?.quantity ?? 0) - expected;
  const alike = entriesOf(productId).where("delta", "in", [difference, -difference]).orderBy("__name__");
  const { docs } = await alike.limit(MAX_NAMED).get();
  const moves = docs.map(document => document.data() as StockEntry);
  const orders = [...new Set(moves.flatMap(({ order_id }) => order_id ?? []))];
  const shown = orders.length === 0 ? "" : `, as much as ${orders.join(", ")} moved`;
  return {
    kind: "stock",
    about: productId,
    expected: `${expected}, by its opening stock and all its moves`,
    found: found ? `${found.quantity}${shown}` : "none",
    ...(moves.length > 0 && { events: moves.map(({ cause }) => cause) }),
  };
}
