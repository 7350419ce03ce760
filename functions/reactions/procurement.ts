import type { Product } from "../../shared/collections.ts";
import { products, reorders, stock, stockLevels, supplierOrders } from "../../shared/collections.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { planMail } from "../../shared/mail/plan-mail.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { countAlert, decideReorder } from "../../shared/rules/stock/reorder.ts";
import { observeLevel } from "../../shared/rules/stock/stock-level.ts";
import { derivedId } from "../../shared/values/ids.ts";

type Alert = PulseCartEvent<"inventory.low_stock_alert">;

/** The producer of alerts about our own stock. */
const STOCK_CHECK = "check-stock";

/**
 * Alerts the staff about low stock and orders from the supplier what is neither in stock nor on order. Another system's
 * report about a product that is stocked here counts only when the stock here is low.
 */
export const procurement = reaction("procurement", { "inventory.low_stock_alert": reorder });

async function reorder(event: Alert, work: Work): Promise<Skip | void> {
  const { product_id, current_stock, threshold } = event.payload;
  const [product, counted, level, before] = await Promise.all([
    work.get(products, product_id),
    work.get(stock, product_id),
    work.get(stockLevels, product_id),
    work.get(reorders, product_id),
  ]);
  const own = product && { quantity: counted?.quantity ?? 0, threshold: product.threshold };
  const received_at_ms = Date.parse(event.received_at);
  const alert = { current_stock, threshold, received_at_ms, isOurs: event.producer === STOCK_CHECK };
  const decision = decideReorder(alert, { own, reorders: before });
  if (decision.kind === "ignored") return skip(decision.reason);
  const { quantity, open_units, not_ordered } = decision;
  // The stock check may see the stock low again before it sees this recovery.
  const seen = not_ordered === "recovered" && own && level ? observeLevel(level, own).level : level;
  if (seen && seen !== level) work.set(stockLevels, product_id, seen);
  const orderId = quantity > 0 ? placeOrder(event, { product, quantity }, work) : undefined;
  work.set(reorders, product_id, countAlert(before, alert, orderId === undefined ? 0 : quantity));
  const alert_id = derivedId("alr", event.producer, event.event_id);
  const facts = { product_id, current_stock, threshold, not_ordered, open_units };
  planMail(work, { template: "low-stock", alert_id, ...facts, supplier_order_id: orderId });
}

/**
 * Creates the supplier order of an alert and plans the mail to the supplier. For a product that was never created here,
 * the staff chooses the supplier. A product that was created here without a supplier gets no order.
 * @returns the id of the order; undefined when nothing is ordered
 */
function placeOrder(
  { event_id, producer, payload }: Alert,
  { product, quantity }: { product: Product | undefined; quantity: number },
  work: Work,
): string | undefined {
  if (product && !product.supplier) return undefined;
  const supplier_order_id = derivedId("sup", producer, event_id);
  work.create(supplierOrders, supplier_order_id, {
    supplier_order_id,
    product_id: payload.product_id,
    product_name: product?.name,
    quantity,
    supplier: product?.supplier,
    alert: { producer, event_id },
    state: "open",
    receipts: [],
    ordered_at_ms: work.nowMs,
  });
  if (product) planMail(work, { template: "supplier-order", supplier_order_id });
  return supplier_order_id;
}
