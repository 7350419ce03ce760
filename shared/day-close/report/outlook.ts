import { stock } from "../../collections.ts";
import { firestore, readDocuments } from "../../google/firestore.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import { shortProducts } from "../../rules/stock/stock-outlook.ts";
import { DAY_MS } from "../../values/durations.ts";
import { sumsOf } from "../closing/chunks.ts";
import type { DayClosing } from "../closing/day-closing.ts";
import { dayClosings, partsOf } from "../closing/day-closing.ts";
import type { Outlook } from "../closing/day-report-types.ts";

/** Days of sales that give the units sold a day: a week has each weekday once. */
const SALES_DAYS = 7;
/** Max rows of a list. A report is one document, and an operator reads no longer list. */
const MAX_ROWS = 20;
/** Stocks per read. */
const STOCKS_PER_READ = 300;

/** Reads the outlook of the stock at the first closing of a day. */
export async function readOutlook(dayClosing: DayClosing): Promise<Outlook> {
  const missing = firestore().collection(stock.name).where("quantity", "<", 0);
  const [counted, { docs }] = await Promise.all([
    missing.count().get(),
    missing.orderBy("quantity").limit(MAX_ROWS).get(),
  ]);
  const backorders = docs.map(one => ({ product_id: one.id, units: -Number(one.get("quantity")) }));
  const { ordered, days } = await recentSales(dayClosing);
  const short = shortProducts(await stocksOf([...ordered.keys()]), ordered, days);
  return { backordered_products: counted.data().count, backorders, short: short.slice(0, MAX_ROWS) };
}

/** Adds up the units of each product ordered on the closed day and the days before. */
async function recentSales(dayClosing: DayClosing): Promise<{ ordered: Map<string, number>; days: number }> {
  const before = Array.from({ length: SALES_DAYS - 1 }, (_, index) => dayBefore(dayClosing.day, index + 1));
  const found = await readDocuments(dayClosings, before);
  // A day whose closing is not over has no sums yet.
  const closings = [dayClosing, ...found.filter(isClosed)];
  const ordered = new Map<string, number>();
  for (const closing of closings)
    for (const [key, { ordered: units = 0 }] of await productSums(closing)) {
      const id = key.slice(PRODUCT.length);
      if (units > 0) ordered.set(id, (ordered.get(id) ?? 0) + units);
    }
  return { ordered, days: closings.length };
}

function isClosed(closing: DayClosing | undefined): closing is DayClosing {
  return closing !== undefined && closing.closed_at_ms !== null;
}

const PRODUCT = "product ";

async function productSums(closing: DayClosing): Promise<Sums> {
  const sums: Sums = new Map();
  const parts = partsOf(1, closing).filter(({ kind }) => kind === "facts");
  for (const part of parts) addEntries(sums, await sumsOf(closing, part, PRODUCT));
  return sums;
}

async function stocksOf(ids: readonly string[]): Promise<Map<string, number>> {
  const stocks = new Map<string, number>();
  for (let at = 0; at < ids.length; at += STOCKS_PER_READ) {
    const some = ids.slice(at, at + STOCKS_PER_READ);
    for (const [index, found] of (await readDocuments(stock, some)).entries())
      stocks.set(some[index] ?? "", found?.quantity ?? 0);
  }
  return stocks;
}

function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);
}
