import * as v from "valibot";
import { products, reorders, stockLevels, supplierOrders } from "../collections.ts";
import { id, quantity } from "../events/define.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { watchAgain } from "../rules/stock/stock-level.ts";
import type { SupplierOrder } from "../rules/stock/supplier-order.ts";
import { openUnits, receiveGoods } from "../rules/stock/supplier-order.ts";
import { hashOf } from "../values/ids.ts";
import { addStock, armStockCheck } from "./move-stock.ts";
import { supplierOrderView } from "./supplier-order-view.ts";

const receiptBody = v.strictObject({
  /** Units that arrived. Absent: all open units; with `complete` none. */
  quantity: v.exactOptional(quantity),
  /** Names the receipt, such as the number of a delivery note. Absent: a new id. */
  receipt_id: v.exactOptional(id),
  /** True: the rest will not come. */
  complete: v.exactOptional(v.boolean("true or false"), false),
});

/**
 * Records a receipt of a supplier order and moves the stock in the same commit. The order closes when everything arrived
 * or the rest will not come. A product that was never created here has no stock to move.
 * @throws Problem 404 when there is no such order, 409 when nothing is open or the receipt id has other content
 */
export async function receive({ params, body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const { receipt_id = newId("rcp"), ...asked } = validBody(receiptBody, body);
  const order = await work.get(supplierOrders, idIn(params, "supplier-order"));
  if (!order) throw noSuch("supplier-order");
  const [product, level] = await Promise.all([
    work.get(products, order.product_id),
    work.get(stockLevels, order.product_id),
  ]);
  const receipt = { ...asked, receipt_id, stocked: product !== undefined, at_ms: nowMs };
  const decision = receiveGoods(order, receipt);
  if (decision.kind === "refused")
    throw new Problem({ status: 409, slug: "supplier-order-state", detail: decision.reason });
  if (decision.kind === "known") return answer(order, 200);
  const { order: after, quantity: units } = decision;
  work.set(supplierOrders, order.supplier_order_id, after);
  work.increment(reorders, order.product_id, { open_units: openUnits(after) - openUnits(order) });
  const isClosed = order.state === "open" && after.state === "received";
  if (isClosed && level) work.set(stockLevels, order.product_id, watchAgain(level));
  if (product && units > 0) countReceipt(order, { receipt_id, units }, work);
  else if (product && isClosed) armStockCheck(order.product_id, work);
  return answer(after, 201);
}

/** Adds the received units to the stock. The entry's id lets a receipt move the stock once. */
function countReceipt(
  { supplier_order_id, product_id }: SupplierOrder,
  { receipt_id, units }: { receipt_id: string; units: number },
  work: Work,
): void {
  const reason = `receipt ${receipt_id} of supplier order ${supplier_order_id}`;
  const entry = { product_id, delta: units, reason, supplier_order_id, receipt_id };
  addStock(hashOf("receipt", supplier_order_id, receipt_id), entry, work);
}

function answer(order: SupplierOrder, status: number): Decision {
  return { status, body: supplierOrderView(order), aggregate: order.product_id };
}
