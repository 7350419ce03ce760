import type { Product, Stock, StockTotal } from "../../collections.ts";
import { products, stock, stockEntries, stockTotals } from "../../collections.ts";
import { countAndSum, firestore, readDocuments } from "../../google/firestore.ts";
import type { Work } from "../../pipeline/work.ts";
import type { Verdict } from "../../rules/witness.ts";
import { judge } from "../../rules/witness.ts";
import { sumsOf } from "../closing/chunks.ts";
import type { DayClosing } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { PageStep } from "../closing/page-step.ts";
import { idsAfter, inTens } from "../closing/pages.ts";
import { repairDocument } from "../closing/repair.ts";
import type { Compared } from "./statements.ts";
import { findingOf, statement } from "./statements.ts";

/** Products per page. Each product costs one read per 1,000 stock entries. */
const PRODUCTS_PER_PAGE = 100;

/** The quantity of a product by its opening stock and its stock entries. */
interface EntrySum {
  quantity: number;
  entries: number;
}

/** Prefix of the sums by product that the subjects add up: an order contradicts the product's stock entries. */
export const DOUBT = "doubt ";

/**
 * Compares the stock of each product with its total, and with its opening stock and all its entries. Each of the three
 * is written by every commit that moves the stock. The one that the two others contradict is wrong. A wrong stock or
 * total is repaired; wrong entries are named, because no other document holds an entry. `check-orders.ts` names the
 * order of a wrong entry; the entries of that product are no witness then.
 */
export const checkStock: PageStep = async ({ dayClosing, day, run, after }, work) => {
  if (run > 1) return { next: undefined };
  const { ids, next } = await idsAfter(products, after, PRODUCTS_PER_PAGE);
  const suspects = await differing(ids, {
    stored: await readDocuments(stock, ids),
    totals: await readDocuments(stockTotals, ids),
  });
  if (suspects.length === 0) return { next };
  // One commit changes entry, stock and total, so the entries are stable while the two read here are.
  const stored = await work.getAll(stock, suspects);
  const totals = await work.getAll(stockTotals, suspects);
  const sums = await inTens(suspects, entrySumOf);
  const doubtful = await doubtfulProducts(dayClosing);
  const findings = suspects.flatMap((id, index): Finding[] => {
    const [quantity, total, sum] = [stored[index], totals[index], sums[index]];
    const isTrusted = !doubtful.has(id);
    const [ofStock, ofTotal] = comparisons(id, { stored: quantity, total, sum });
    const finding = findingOf(ofStock) ?? findingOf(ofTotal);
    if (!finding) return [];
    const repairs = { closing: { day, run }, work };
    if (!sum || !isTrusted) return [finding];
    repairStock({ id, before: quantity, verdict: verdictOf(ofStock) }, repairs);
    const isComplete = total === undefined || total.entries === sum.entries;
    if (isComplete && verdictOf(ofTotal).right !== undefined)
      repairDocument(stockTotals, { id, before: total, after: sum }, repairs);
    return [finding];
  });
  return { findings, next };
};

async function doubtfulProducts(dayClosing: DayClosing): Promise<Set<string>> {
  const found = new Set<string>();
  for (let shard = 0; shard < dayClosing.shards; shard += 1)
    for (const key of (await sumsOf(dayClosing, { kind: "subjects", shard }, DOUBT)).keys())
      found.add(key.slice(DOUBT.length));
  return found;
}

interface ProductStock {
  stored: Stock | undefined;
  total: StockTotal | undefined;
  sum: EntrySum | undefined;
}

/** Returns the comparison of the stock, and that of the total, which states the number of entries as well. */
function comparisons(
  id: string,
  { stored, total, sum }: ProductStock,
): [ofStock: Compared, ofTotal: Compared] {
  const byStock = statement("the stock", text(stored?.quantity));
  const byTotal = statement("its total", text(total?.quantity));
  const bySum = statement(
    `the opening stock and ${sum?.entries ?? 0} stock entries of ${total?.entries ?? "an unknown number"}`,
    text(sum?.quantity),
  );
  const isComplete = total === undefined || total.entries === sum?.entries;
  // Entries that are too many or too few state no sum, even when the sum looks right.
  const ofEntries = isComplete ? bySum : statement(bySum.by, `${bySum.value} incompletely`);
  const about = { kind: "stock", about: id } as const;
  return [
    { ...about, stored: byStock, witnesses: [byTotal, ofEntries] },
    { ...about, stored: byTotal, witnesses: [byStock, bySum] },
  ];
}

function text(quantity: number | undefined): string | undefined {
  return quantity === undefined ? undefined : String(quantity);
}

function verdictOf({ stored, witnesses }: Compared): Verdict {
  return judge(stored, witnesses);
}

function repairStock(
  { id, before, verdict }: { id: string; before: Stock | undefined; verdict: Verdict },
  repairs: { closing: { day: string; run: number }; work: Work },
): void {
  if (verdict.right === undefined) return;
  const { closing, work } = repairs;
  repairDocument(stock, { id, before, after: { quantity: Number(verdict.right) } }, repairs);
  // The repaired quantity may be below the product's threshold.
  const key = `${closing.day}.${closing.run}.${id}`;
  work.timer("check-stock", { key, dueMs: work.nowMs, data: { product_ids: [id] } });
}

/** Finds the products with a difference, by reads outside the unit of work. */
async function differing(
  ids: readonly string[],
  { stored, totals }: { stored: readonly (Stock | undefined)[]; totals: readonly (StockTotal | undefined)[] },
): Promise<string[]> {
  const sums = await inTens(ids, entrySumOf);
  return ids.filter((id, index) => {
    const product = { stored: stored[index], total: totals[index], sum: sums[index] };
    return comparisons(id, product).some(one => !verdictOf(one).agrees);
  });
}

async function entrySumOf(productId: string): Promise<EntrySum | undefined> {
  const [product] = await readDocuments(products, [productId]);
  const ofProduct = firestore().collection(stockEntries.name).where("product_id", "==", productId);
  const { count, sum } = await countAndSum(ofProduct, "delta");
  // A damaged product may lack its opening stock: its entries alone state no quantity.
  const { opening_stock }: Partial<Product> = product ?? {};
  return opening_stock === undefined ? undefined : { quantity: opening_stock + sum, entries: count };
}
