import type { SupplierOrder } from "../rules/stock/supplier-order.ts";
import { openUnits, receivedUnits } from "../rules/stock/supplier-order.ts";

/** Returns a supplier order as the API answers it, with its open units and those above the ordered quantity. */
export function supplierOrderView(order: SupplierOrder) {
  const { supplier_order_id, product_id, product_name, supplier, state, quantity } = order;
  const received = receivedUnits(order);
  return {
    supplier_order_id,
    product_id,
    product_name,
    supplier,
    state,
    ordered: quantity,
    received,
    open: openUnits(order),
    over_delivered: Math.max(received - quantity, 0),
    ordered_at: new Date(order.ordered_at_ms).toISOString(),
    receipts: order.receipts.map(({ receipt_id, quantity: units, complete, at_ms }) => ({
      receipt_id,
      quantity: units,
      complete,
      received_at: new Date(at_ms).toISOString(),
    })),
  };
}
