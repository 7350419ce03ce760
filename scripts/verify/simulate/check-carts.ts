import type { CartFact } from "./cart-model.ts";
import type { Difference } from "./difference.ts";
import type { CartHistory, IdleLimits, IdlePeriod } from "./idle-periods.ts";
import { cartHistories, mayAnnounce, mustAnnounce } from "./idle-periods.ts";
import type { ShopState } from "./shop-state.ts";

export interface CartCheck {
  /** One list of facts per shopper. */
  facts: readonly CartFact[][];
  /** The shop's time at which all work had finished. */
  finishedMs: number;
  limits: IdleLimits;
}

/** Checks that every cart is as its shopper left it, and was announced as abandoned once per idle period. */
export function cartDifferences({ facts, finishedMs, limits }: CartCheck, shop: ShopState): Difference[] {
  const announced = Map.groupBy(
    shop.archive.filter(
      ({ event_type, producer }) => event_type === "cart.abandoned" && producer === "abandon-cart",
    ),
    ({ event }) => String(event.payload.cart_id),
  );
  return facts
    .flatMap(shopper => cartHistories(shopper, limits))
    .flatMap(history => {
      const events = (announced.get(history.cart) ?? []).map(({ event_id, event }) => ({
        id: event_id,
        atMs: Date.parse(event.received_at),
        cycle: Number(event.payload.cycle),
      }));
      return [
        ...cycleDifferences(history, events),
        ...periodDifferences(history, events, { finishedMs, limits }),
        ...documentDifferences(history, shop),
      ];
    });
}

/** An event cart.abandoned. */
interface Abandonment {
  id: string;
  atMs: number;
  cycle: number;
}

function cycleDifferences({ cart }: CartHistory, events: readonly Abandonment[]): Difference[] {
  return [...Map.groupBy(events, ({ cycle }) => cycle)]
    .filter(([, same]) => same.length > 1)
    .map(([cycle, same]) => ({
      about: `cart ${cart}`,
      expected: `one cart.abandoned of its cycle ${cycle}`,
      found: same.map(({ id }) => id).join(", "),
    }));
}

/** Assigns each announcement to the earliest possible idle period. Anything without a partner is a difference. */
function periodDifferences(
  { cart, periods }: CartHistory,
  events: readonly Abandonment[],
  { finishedMs, limits }: { finishedMs: number; limits: IdleLimits },
): Difference[] {
  const unassigned = new Set(periods);
  const differences: Difference[] = [];
  const about = `cart ${cart}`;
  for (const { id, atMs } of [...events].sort((a, b) => a.atMs - b.atMs)) {
    const match = [...unassigned].find(period => mayAnnounce(period, atMs, limits));
    if (match) unassigned.delete(match);
    else {
      const reason = `it was ${periods.map(periodText).join(", ") || "bought or empty"}`;
      const expected = `no cart.abandoned at ${timeOf(atMs)}: ${reason}`;
      differences.push({ about, expected, found: id });
    }
  }
  const missing = [...unassigned].filter(period => mustAnnounce(period, finishedMs, limits));
  for (const period of missing) {
    differences.push({
      about,
      expected: `a cart.abandoned: it was ${periodText(period)}`,
      found: "none",
    });
  }
  return differences;
}

function periodText({ lastMs, endFromMs }: IdlePeriod): string {
  return `idle from ${timeOf(lastMs)} to ${timeOf(endFromMs)}`;
}

function timeOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : "the end";
}

function documentDifferences({ cart, last }: CartHistory, shop: ShopState): Difference[] {
  const document = shop.carts.get(cart);
  const expected = [...last.lines].map(([product, { quantity }]) => `${quantity} ${product}`).sort();
  const lines = (document?.lines ?? []).map(line => `${line.quantity} ${line.product_id}`).sort();
  const differences: Difference[] = [];
  const differ = (wanted: string, found: string) =>
    differences.push({ about: `cart ${cart}`, expected: wanted, found });
  if (String(lines) !== String(expected)) {
    differ(`to hold ${expected.join(", ") || "nothing"}`, lines.join(", ") || "nothing");
  }
  const states = allowedStates(last.lines.size > 0, last.isBought);
  if (!states.includes(document?.status ?? ""))
    differ(`to be ${states[0]}`, document?.status ?? "no such cart");
  return differences;
}

function allowedStates(hasItems: boolean, isBought: boolean): string[] {
  if (hasItems) return ["abandoned", "reminded"];
  return [isBought ? "bought" : "open"];
}
