import type { Sent } from "./run-day.ts";
import type { Item } from "./shop-state.ts";
import { isEvent } from "./step.ts";

/** An accepted order, of our checkout or of another system. */
export interface AcceptedOrder {
  id: string;
  /** True for orders of our checkout, which announces them. Other systems report theirs. */
  isOurs: boolean;
  user: string;
  items: Item[];
  /** Minor units of dollars. */
  totalMinor: number;
  /** Payments in minor units, by their id. Each payment counts once. */
  payments: Map<string, number>;
  /** Refunds by id: money in minor units, and the returned items. */
  refunds: Map<string, { minor: number; items: readonly Item[] }>;
  /** All money of the paid order went back. A later payment does not reopen the order. */
  isClosed: boolean;
  /** A payment failed. An unpaid order is then cancelled; for a paid order both states are possible. */
  hasFailed: boolean;
  /** Cancelled by our checkout, or by us after a failed payment. We announce both. */
  isCancelledByUs: boolean;
  isCancelled: boolean;
  /** The parcel left: by our command, or as another system reports. Such an order is not cancelled. */
  hasLeft: boolean;
  burst: number;
  sent: Sent;
}

type Orders = Map<string, AcceptedOrder>;

/**
 * Collects orders and what happened to them, from the answers to commands and from reported events.
 * @returns the orders by id
 */
export function acceptedOrders(commands: readonly Sent[], events: readonly Sent[][]): Orders {
  const orders: Orders = new Map();
  // Another system decides nothing about an order that this shop made.
  const reported = events.flatMap(([first]) => (first && !first.step.isForeign ? [first] : []));
  const ours = commands.filter(({ path }) => path === "/orders");
  const others = reported.filter(({ body }) => body["event_type"] === "order.placed");
  for (const sent of [...ours, ...others]) {
    const order = orderOf(sent);
    if (!orders.has(order.id)) orders.set(order.id, order);
  }
  for (const command of commands) applyCommand(orders, command);
  for (const { body } of reported) applyReport(orders, body);
  for (const order of orders.values()) if (order.hasLeft) order.isCancelled = false;
  return orders;
}

/** Reads an order from the answer of our checkout, or from its report. */
function orderOf(sent: Sent): AcceptedOrder {
  const isOurs = !isEvent(sent.step);
  // biome-ignore lint/suspicious/noExplicitAny: an answer or an event
  const body: any = isOurs ? sent.answer : sent.body;
  const items: Item[] = isOurs ? body.items : body.payload.items;
  return {
    id: body.order_id,
    isOurs,
    user: body.user_id,
    items: items.map(({ product_id, quantity }) => ({ product_id, quantity })),
    totalMinor: cents(isOurs ? body.total : body.payload.total),
    payments: new Map(),
    refunds: new Map(),
    isClosed: false,
    hasFailed: false,
    isCancelled: false,
    isCancelledByUs: false,
    hasLeft: false,
    burst: sent.burst,
    sent,
  };
}

function applyCommand(orders: Orders, { path, body, answer }: Sent): void {
  const id = answer.order_id;
  if (path.endsWith("/cancel")) change(orders, id, { isCancelled: true, isCancelledByUs: true });
  if (path.endsWith("/dispatch")) change(orders, id, { hasLeft: true });
  if (path.endsWith("/payments") && body["status"] === "failed") change(orders, id, { hasFailed: true });
  if (path.endsWith("/payments") && body["status"] === "paid") {
    const { payments }: { payments: { payment_id?: string; amount: number }[] } = answer;
    const paid = payments.find(({ payment_id }) => payment_id === body["payment_id"]);
    if (paid) addPayment(orders, id, { id: String(body["payment_id"]), amount: paid.amount });
  }
  if (path.endsWith("/refunds")) addRefund(orders, id, refundIn(answer, body["refund_id"]));
}

// biome-ignore lint/suspicious/noExplicitAny: events of every type
function applyReport(orders: Orders, { event_type, order_id, payload }: any): void {
  if (event_type === "order.paid")
    addPayment(orders, order_id, { id: payload.payment_id, amount: payload.amount });
  if (event_type === "payment.failed") change(orders, order_id, { hasFailed: true });
  if (event_type === "order.cancelled") change(orders, order_id, { isCancelled: true });
  if (event_type === "order.dispatched") change(orders, order_id, { hasLeft: true });
  if (event_type === "refund.issued") addRefund(orders, order_id, payload);
}

function addPayment(orders: Orders, orderId: string, { id, amount }: { id: string; amount: number }): void {
  orders.get(orderId)?.payments.set(id, cents(amount));
}

interface AcceptedRefund {
  refund_id: string;
  amount: number;
  items?: Item[];
}

function addRefund(orders: Orders, id: string, refund: AcceptedRefund | undefined): void {
  if (!refund) return;
  const { refund_id, amount, items = [] } = refund;
  const order = orders.get(id);
  if (!order) return;
  order.refunds.set(refund_id, { minor: cents(amount), items });
  order.isClosed ||= isCovered(order) && refundedMinor(order) >= paidMinor(order);
}

function refundIn(answer: { refunds: AcceptedRefund[] }, id: unknown): AcceptedRefund | undefined {
  return answer.refunds.find(({ refund_id }) => refund_id === id);
}

function change(orders: Orders, id: unknown, fields: Partial<AcceptedOrder>): void {
  const order = orders.get(String(id));
  if (order) Object.assign(order, fields);
}

/** Adds up the paid money of an order, in minor units. */
export function paidMinor({ payments }: Pick<AcceptedOrder, "payments">): number {
  return [...payments.values()].reduce((sum, minor) => sum + minor, 0);
}

/** Tells whether the payments of an order cover its total. */
export function isCovered(order: Pick<AcceptedOrder, "payments" | "totalMinor">): boolean {
  return order.payments.size > 0 && paidMinor(order) >= order.totalMinor;
}

/** Adds up the refunded money of an order, in minor units. */
export function refundedMinor({ refunds }: Pick<AcceptedOrder, "refunds">): number {
  return [...refunds.values()].reduce((sum, { minor }) => sum + minor, 0);
}

function cents(amount: number): number {
  return Math.round(amount * 100);
}

/**
 * Copies the stored state of orders whose payment failed: both states are allowed there. Every other check then has to
 * agree with that state.
 */
export function adoptFailedPayments(orders: Orders, stateOf: (id: string) => string | undefined): void {
  for (const order of orders.values()) {
    const isOpen = order.hasFailed && !order.isCancelled && !order.hasLeft;
    if (isOpen && stateOf(order.id) === "cancelled")
      Object.assign(order, { isCancelled: true, isCancelledByUs: true });
  }
}
