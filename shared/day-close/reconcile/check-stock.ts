import type { Stock, StockEntry } from "../../collections.ts";
import { products, stock, stockEntries } from "../../collections.ts";
import { countAndSum, firestore, readDocuments } from "../../google/firestore.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { PageStep } from "../closing/page-step.ts";
import { idsAfter, inTens } from "../closing/pages.ts";
import { repairDocument } from "../closing/repair.ts";

/** Products per page. Each product costs one read per 1,000 stock entries. */
const PRODUCTS_PER_PAGE = 100;

/** Max stock entries named by a finding as a possible cause. */
const MAX_NAMED_ENTRIES = 5;

/**
 * Compares the stock of each product with its opening stock and all its stock entries, and repairs a wrong quantity.
 *
 * The repair is safe: the quantity is the sum of the entries, and one commit writes both. The entries themselves are
 * compared with the orders' events (`check-orders.ts`) and never repaired. Only a count in the warehouse tells what is
 * there.
 */
export const checkStock: PageStep = async ({ day, run, after }, work) => {
  const { ids, next } = await idsAfter(products, after, PRODUCTS_PER_PAGE);
  const suspects = await wrongAmong(ids, await readDocuments(stock, ids));
  const findings: Finding[] = [];
  if (suspects.length > 0) {
    // An entry and the stock change in one commit, so the entries are stable while the stock read here is.
    const stored = await work.getAll(stock, suspects);
    const wrong = new Set(await wrongAmong(suspects, stored));
    for (const [index, id] of suspects.entries()) {
      if (!wrong.has(id)) continue;
      const [before, right] = [stored[index], await expectedQuantity(id)];
      findings.push(await stockFinding(id, { expected: right, found: before }));
      const entry = { id, before, after: { quantity: right } };
      repairDocument(stock, entry, { closing: { day, run }, work });
      // The repaired quantity may be below the product's threshold.
      const key = `${day}.${run}.${id}`;
      work.timer("check-stock", { key, dueMs: work.nowMs, data: { product_ids: [id] } });
    }
  }
  return { findings, next };
};

async function wrongAmong(ids: readonly string[], stored: readonly (Stock | undefined)[]): Promise<string[]> {
  const expected = await inTens(ids, expectedQuantity);
  return ids.filter((_, index) => (stored[index]?.quantity ?? 0) !== expected[index]);
}

async function expectedQuantity(productId: string): Promise<number> {
  const [product] = await readDocuments(products, [productId]);
  const { sum } = await countAndSum(entriesOf(productId), "delta");
  return (product?.opening_stock ?? 0) + sum;
}

function entriesOf(productId: string) {
  return firestore().collection(stockEntries.name).where("product_id", "==", productId);
}

/**
 * Builds a finding that names the orders and supplier orders that moved as much as the difference. One of them may have
 * counted twice or never.
 */
async function stockFinding(
  productId: string,
  { expected, found }: { expected: number; found: Stock | undefined },
): Promise<Finding> {
  const difference = (found?.quantity ?? 0) - expected;
  const alike = entriesOf(productId).where("delta", "in", [difference, -difference]).orderBy("__name__");
  const { docs } = await alike.limit(MAX_NAMED_ENTRIES).get();
  const entries = docs.map(document => document.data() as StockEntry);
  const named = entries.flatMap(({ order_id, supplier_order_id }) => order_id ?? supplier_order_id ?? []);
  const orders = [...new Set(named)];
  const suspects = orders.length === 0 ? "" : `; ${orders.join(", ")} moved as much as the difference`;
  return {
    kind: "stock",
    about: productId,
    expected: `${expected}, the sum of its opening stock and all its moves`,
    found: found ? `${found.quantity}${suspects}` : "none",
    events: entries.length > 0 ? entries.map(({ cause }) => cause) : undefined,
  };
}
