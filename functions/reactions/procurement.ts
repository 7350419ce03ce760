import { products, supplierOrders } from "../../shared/collections.ts";
import { planMail } from "../../shared/mail/plan-mail.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import { reorderQuantity } from "../../shared/rules/stock/reorder.ts";
import { derivedId } from "../../shared/values/ids.ts";

/** Alerts the staff about low stock and orders from the supplier, once for each time stock falls to its threshold. */
export const procurement = reaction("procurement", {
  "inventory.low_stock_alert": async ({ event_id, producer, payload }, work) => {
    const { product_id, current_stock, threshold } = payload;
    const alert = {
      template: "low-stock",
      alert_id: event_id,
      product_id,
      current_stock,
      threshold,
    } as const;
    const product = await work.get(products, product_id);
    const supplier = product?.supplier;
    if (!supplier) return planMail(work, alert);
    // One alert is one crossing of the threshold: a repeated report carries the same event id.
    const supplier_order_id = derivedId("sup", producer, event_id);
    work.create(supplierOrders, supplier_order_id, {
      supplier_order_id,
      product_id,
      product_name: product.name,
      quantity: reorderQuantity({ current_stock, threshold }),
      supplier,
      ordered_at_ms: work.nowMs,
    });
    planMail(work, { ...alert, supplier_order_id });
    planMail(work, { template: "supplier-order", supplier_order_id });
  },
});
