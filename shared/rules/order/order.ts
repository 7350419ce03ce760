/** The document of an order: its facts, and the fields that are derived from them for queries and readers. */
import type { Owned } from "../../events/ownership.ts";
import type { OrderConflict } from "./conflicts.ts";
import { conflictsOf } from "./conflicts.ts";
import type { Cancellation, Claim, FactTime, OrderFacts, Payment, PaymentAttempt, Refund } from "./facts.ts";
import { compareFacts, firstFact } from "./facts.ts";
import { foldOrder } from "./fold.ts";
import type { OrderState } from "./order-state.ts";
import type { OrderLine } from "./price-order.ts";

/** The document `orders/{order_id}`. */
export interface Order extends OrderFacts, Owned {
  order_id: string;
  /** The buyer. Absent: a guest order of another system. */
  user_id?: string;
  /** Grows by one with each announced change of the balance. 0: the order has no document yet. */
  revision: number;
  items: OrderLine[];
  payments: Payment[];
  claims: Claim[];
  refunds: Refund[];
  attempts: PaymentAttempt[];
  /** The first cancellation, and the first failed attempt to pay. */
  cancellations: Cancellation[];
  cart_id?: string;
  session_id?: string;
  /** Time of placement. For an unconfirmed order the time of its first report. */
  placed_at_ms: number;
  /** Absent: the parcel has not left. */
  dispatched?: { at_ms: number; carrier?: string; tracking_number?: string; tracking_url?: string };
  /** Absent: no delivery was reported. */
  delivered_at_ms?: number;
  /** Reports of the same order with other items, another total or another buyer. They change nothing. */
  other_reports: FactTime[];

  // Derived fields.
  state: OrderState;
  /** True while money has to go back, in any currency. */
  has_owed_back: boolean;
  /** The reason of the cancellation that counts. Null: not cancelled. */
  cancelled: { reason?: string } | null;
  /** Facts that contradict each other. The day close names them. */
  conflicts: OrderConflict[];
}

/** Creates the document of an order whose order.placed is not known yet. */
export function newOrder(
  orderId: string,
  { currency, atMs, user_id }: { currency: string; atMs: number; user_id?: string },
): Order {
  return {
    order_id: orderId,
    user_id,
    source: "unconfirmed",
    revision: 0,
    items: [],
    currency,
    payments: [],
    claims: [],
    refunds: [],
    attempts: [],
    cancellations: [],
    other_reports: [],
    placed_at_ms: atMs,
    ...{ state: "placed", has_owed_back: false, cancelled: null, conflicts: [] },
  };
}

/** Computes the derived fields of an order from its facts. */
export function withDerived(facts: Order): Order {
  const order = facts.source === "unconfirmed" ? { ...facts, ...unconfirmedFields(facts) } : facts;
  const { state, cancellation, own, others } = foldOrder(order);
  return {
    ...order,
    state,
    has_owed_back: [own, ...others].some(({ owed_back_minor }) => owed_back_minor > 0),
    cancelled: cancellation ? reasonOf(cancellation) : null,
    conflicts: conflictsOf(order),
  };
}

/** Copies the reason. Without a reason the map is empty: Firestore drops a map in which each value is undefined. */
function reasonOf({ reason }: Cancellation): { reason?: string } {
  return reason === undefined ? {} : { reason };
}

/** Returns the time and the currency of an unconfirmed order: of its first payment, else of its first refund. */
function unconfirmedFields(order: Order): Pick<Order, "currency" | "placed_at_ms"> {
  const { payments, claims, refunds, cancellations, placed_at_ms } = order;
  const money = firstFact([...payments, ...claims]) ?? firstFact(refunds);
  const first = [...payments, ...claims, ...refunds, ...cancellations].toSorted(compareFacts)[0];
  return {
    currency: money?.currency ?? order.currency,
    placed_at_ms: Math.min(placed_at_ms, first?.at_ms ?? placed_at_ms),
  };
}
