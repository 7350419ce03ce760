/**
 * An order to a supplier. `supplier_orders/{supplier_order_id}` holds the ordered quantity and the receipts of goods. The
 * state and all sums are derived from the receipts.
 */

/** One receipt of goods. A receipt id counts once per supplier order. */
export interface SupplierReceipt {
  receipt_id: string;
  /** Units that arrived; 0 for a receipt that only says that the rest will not come. */
  quantity: number;
  /** True: the rest will not come. */
  complete: boolean;
  /** True when the units moved the stock; false for a product without stock here at that time. */
  stocked: boolean;
  at_ms: number;
}

/** The document `supplier_orders/{supplier_order_id}`. */
export interface SupplierOrder {
  supplier_order_id: string;
  product_id: string;
  /** Absent: the product was never created here. */
  product_name?: string;
  /** Ordered units. */
  quantity: number;
  /** Absent: the product was never created here, so the staff chooses a supplier. */
  supplier?: { name: string; email: string };
  /** The alert that caused the order. */
  alert: { producer: string; event_id: string };
  /** `received`: everything arrived, or the rest will not come. */
  state: "open" | "received";
  receipts: SupplierReceipt[];
  ordered_at_ms: number;
  /** Time of the latest receipt. Absent: nothing was received. */
  last_receipt_at_ms?: number;
}

/** A receipt as a person reports it. */
export interface AskedReceipt {
  receipt_id: string;
  /** Absent: all units that are still open; none when the rest will not come. */
  quantity?: number;
  complete: boolean;
  stocked: boolean;
  at_ms: number;
}

/**
 * A decision about a receipt.
 * - `received`: the caller writes `order` and moves the stock by `quantity` in one commit
 * - `known`: the same receipt was recorded before
 * - `refused`: the reason is for the person who reported the receipt
 */
export type ReceiptDecision =
  | { kind: "received"; order: SupplierOrder; quantity: number }
  | { kind: "known" }
  | { kind: "refused"; reason: string };

/** Max receipts of one supplier order. A supplier who delivers in more parts would outgrow the document. */
const MAX_RECEIPTS = 500;

/** Applies a receipt. Goods that arrive are always counted, also above the ordered quantity or after the order closed. */
export function receiveGoods(order: SupplierOrder, asked: AskedReceipt): ReceiptDecision {
  const { receipts } = order;
  const index = receipts.findIndex(({ receipt_id }) => receipt_id === asked.receipt_id);
  if (index >= 0) return repeatedReceipt(order, index, asked);
  const quantity = unitsOf(order, asked);
  if (quantity === 0 && !asked.complete)
    return { kind: "refused", reason: "Nothing of the order is open. Name the quantity that arrived." };
  if (quantity === 0 && order.state === "received")
    return { kind: "refused", reason: "The order is closed already." };
  if (receipts.length >= MAX_RECEIPTS)
    return { kind: "refused", reason: `The order has ${MAX_RECEIPTS} receipts, the most of one order.` };
  const { receipt_id, complete, stocked, at_ms } = asked;
  const all = [...receipts, { receipt_id, quantity, complete, stocked: stocked && quantity > 0, at_ms }];
  const after: SupplierOrder = { ...order, receipts: all, last_receipt_at_ms: at_ms };
  return { kind: "received", order: { ...after, state: stateOf(after) }, quantity };
}

/** Compares a repeated receipt with the recorded one, as the order was before that one. */
function repeatedReceipt(order: SupplierOrder, index: number, asked: AskedReceipt): ReceiptDecision {
  const recorded = order.receipts[index];
  const quantity = unitsOf({ ...order, receipts: order.receipts.slice(0, index) }, asked);
  if (recorded?.quantity === quantity && recorded.complete === asked.complete) return { kind: "known" };
  return { kind: "refused", reason: "The receipt id was used for another receipt of this order." };
}

function unitsOf(order: Pick<SupplierOrder, "quantity" | "receipts">, asked: AskedReceipt): number {
  return asked.quantity ?? (asked.complete ? 0 : missingUnits(order));
}

function stateOf(order: SupplierOrder): SupplierOrder["state"] {
  const isComplete = order.receipts.some(({ complete }) => complete);
  return isComplete || missingUnits(order) === 0 ? "received" : "open";
}

/** Adds up the units that arrived. */
export function receivedUnits({ receipts }: Pick<SupplierOrder, "receipts">): number {
  return receipts.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Returns the ordered units that did not arrive. */
function missingUnits(order: Pick<SupplierOrder, "quantity" | "receipts">): number {
  return Math.max(order.quantity - receivedUnits(order), 0);
}

/** Returns the units that the supplier still owes: none once the order is closed. */
export function openUnits(order: SupplierOrder): number {
  return order.state === "open" ? missingUnits(order) : 0;
}

/** Adds up the units that moved the stock. */
export function stockedUnits({ receipts }: Pick<SupplierOrder, "receipts">): number {
  return receivedUnits({ receipts: receipts.filter(({ stocked }) => stocked) });
}
