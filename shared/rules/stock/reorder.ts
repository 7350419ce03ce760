import { MAX_QUANTITY } from "../../events/limits.ts";
import { DAY_MS } from "../../values/durations.ts";
import type { LowStockAlert, SeenStock } from "./stock-level.ts";
import { isLow } from "./stock-level.ts";

/** Target stock of a reorder, in multiples of the threshold. With a lower target the next order would follow at once. */
const TARGET_THRESHOLDS = 2;

/**
 * Time in which a further report of another system about the same product changes nothing. Such systems report on every
 * look at their stock; a day is the shortest time in which a supplier answers.
 */
const REPORT_WINDOW_MS = DAY_MS;

/** The document `reorders/{product_id}`: what all supplier orders of a product have in common. */
export interface Reorders {
  /** Ordered units that suppliers still owe, in all open supplier orders of the product. */
  open_units: number;
  /** Time of the latest alert that counted, by `received_at`. Absent: none counted. */
  alerted_at_ms?: number;
}

/** A low-stock alert as procurement receives it. */
export interface ReceivedAlert extends LowStockAlert {
  /** True for an alert of our own stock check. Every other producer only reports. */
  isOurs: boolean;
  received_at_ms: number;
}

/**
 * A decision about an alert.
 * - `ignored`: the alert changes nothing; the reason is a skip reason
 * - `counted`: the staff gets a mail; `quantity` is to be ordered, and is 0 when `not_ordered` says why
 */
export type ReorderDecision =
  | { kind: "ignored"; reason: string }
  | { kind: "counted"; quantity: number; open_units: number; not_ordered?: "covered" | "recovered" };

/**
 * Decides about a low-stock alert. Our own stock at the time of the decision counts. A late alert therefore orders
 * nothing that has arrived since.
 *
 * Another system's report counts when the product has no stock here, or low stock. While units are on order, and for a
 * day after the last alert, such a report changes nothing.
 * @param known.own the stock here; undefined for a product that was never created here
 */
export function decideReorder(
  alert: ReceivedAlert,
  { own, reorders }: { own: SeenStock | undefined; reorders: Reorders | undefined },
): ReorderDecision {
  const { open_units = 0, alerted_at_ms = Number.NEGATIVE_INFINITY } = reorders ?? {};
  const isRecovered = own !== undefined && !isLow(own);
  if (alert.isOurs && isRecovered)
    return { kind: "counted", quantity: 0, open_units, not_ordered: "recovered" };
  if (!alert.isOurs) {
    if (isRecovered) return { kind: "ignored", reason: "our own stock of the product is not low" };
    if (open_units > 0) return { kind: "ignored", reason: "an open supplier order covers the product" };
    if (alert.received_at_ms < alerted_at_ms + REPORT_WINDOW_MS)
      return { kind: "ignored", reason: "an alert of the same product counted within a day" };
  }
  const quantity = reorderQuantity({
    current_stock: own?.quantity ?? alert.current_stock,
    threshold: own?.threshold ?? alert.threshold,
    open_units,
  });
  if (quantity === 0) return { kind: "counted", quantity, open_units, not_ordered: "covered" };
  return { kind: "counted", quantity, open_units };
}

/** Counts an alert: adds the ordered units, and keeps the time of the latest alert. */
export function countAlert(
  before: Reorders | undefined,
  { received_at_ms }: Pick<ReceivedAlert, "received_at_ms">,
  orderedUnits: number,
): Reorders {
  return {
    open_units: (before?.open_units ?? 0) + orderedUnits,
    alerted_at_ms: Math.max(before?.alerted_at_ms ?? received_at_ms, received_at_ms),
  };
}

/**
 * Calculates the quantity to order when stock fell to its threshold: the shortage less the units on order. A stock below
 * zero is owed to customers, and is ordered on top.
 * @returns 0 when the units on order cover the shortage
 */
export function reorderQuantity(stock: {
  current_stock: number;
  threshold: number;
  open_units: number;
}): number {
  const shortage = Math.max(TARGET_THRESHOLDS * stock.threshold - stock.current_stock, 1);
  return Math.min(Math.max(shortage - stock.open_units, 0), MAX_QUANTITY);
}
