import type { User } from "../../collections.ts";
import { contactOrders, contacts, orders, segmentOrders, segments, users } from "../../collections.ts";
import { eventMoney } from "../../events/event-money.ts";
import { firestore, readDocuments } from "../../google/firestore.ts";
import type { Contact } from "../../rules/customer/contact.ts";
import type { OrderWorth } from "../../rules/customer/order-worth.ts";
import { NO_ORDER_WORTH, orderWorthAfter } from "../../rules/customer/order-worth.ts";
import type { SegmentRecord } from "../../rules/customer/segment.ts";
import { balancesOf } from "../../rules/order/balance.ts";
import type { Order } from "../../rules/order/order.ts";
import type { Stored } from "./order-documents.ts";
import { readStored } from "./order-documents.ts";
import type { BalanceFact, Reconciled } from "./reconciled-events.ts";
import { reconciledEvents } from "./reconciled-events.ts";

/** Everything that states something about one customer. */
export interface CustomerEvidence {
  id: string;
  /** Events that name the user and count, without balances, in the order of their receipt. */
  events: readonly Reconciled[];
  /** The balance facts of the user's orders. */
  balances: readonly Reconciled[];
  contact: Stored<Contact>;
  segment: Stored<SegmentRecord>;
  account: User | undefined;
  /** The worth of each order of the user, by each kind of document. */
  worths: Readonly<
    Record<"balances" | "contact_orders" | "segment_orders" | "orders", readonly OrderWorth[]>
  >;
  /** Time of the latest placement by the order documents. Undefined: none. */
  last_order_at_ms: number | undefined;
}

/** Reads the evidence about these users, as of the cut-off. */
export async function readCustomerEvidence(
  userIds: readonly string[],
  cutOffMs: number,
): Promise<CustomerEvidence[]> {
  if (userIds.length === 0) return [];
  const [own, ofContacts] = await Promise.all([
    reconciledEvents("user_id", userIds, cutOffMs),
    contactOrdersOf(userIds),
  ]);
  const orderIds = [...new Set([...own.flatMap(({ order_id }) => order_id ?? []), ...ofContacts.keys()])];
  const [ofOrders, ofSegments, stored, found, records, accounts] = await Promise.all([
    reconciledEvents("order_id", orderIds, cutOffMs),
    readDocuments(segmentOrders, orderIds),
    readDocuments(orders, orderIds),
    readStored(contacts, userIds, cutOffMs),
    readStored(segments, userIds, cutOffMs),
    readDocuments(users, userIds),
  ]);
  const byOrder = [...Map.groupBy(ofOrders.filter(isBalance), ({ order_id = "" }) => order_id).values()];
  return userIds.map((id, index) => {
    const isOwn = ({ user_id }: { user_id?: string }) => user_id === id;
    const balances = byOrder.filter(all => isOwn(worthByBalances(all)));
    const documents = stored.flatMap(order => (order && isOwn(order) ? [order] : []));
    return {
      id,
      events: own.filter(event => isOwn(event) && !event.balance),
      balances: balances.flat(),
      contact: found[index] as Stored<Contact>,
      segment: records[index] as Stored<SegmentRecord>,
      account: accounts[index],
      worths: {
        balances: balances.map(worthByBalances),
        contact_orders: [...ofContacts.values()].filter(isOwn),
        segment_orders: ofSegments.flatMap(worth => (worth && isOwn(worth) ? [worth] : [])),
        orders: documents.flatMap(readableWorth),
      },
      last_order_at_ms:
        documents.length === 0 ? undefined : Math.max(...documents.map(({ placed_at_ms }) => placed_at_ms)),
    };
  });
}

function isBalance({ balance }: Reconciled): boolean {
  return balance !== undefined;
}

/** Folds the balance facts of one order into its worth, as the reactions do. */
export function worthByBalances(facts: readonly { balance?: BalanceFact }[]): OrderWorth {
  return facts.reduce<OrderWorth>(
    (worth, { balance }) => (balance ? orderWorthAfter(worth, balance, eventMoney) : worth),
    NO_ORDER_WORTH,
  );
}

/** Returns the worth that an order's document states. Its document does not tell when a payment was received. */
export function worthByOrder(order: Order): OrderWorth {
  const balances = balancesOf(order);
  const sum = (name: "orders" | "paid_orders") => balances.reduce((all, one) => all + one[name], 0);
  const nets = balances.map(
    ({ currency, paid_minor, refunded_minor }) => [currency, paid_minor - refunded_minor] as const,
  );
  return {
    revision: order.revision,
    user_id: order.user_id,
    orders: sum("orders"),
    paid_orders: sum("paid_orders"),
    net_minor: Object.fromEntries(nets.filter(([, net]) => net !== 0)),
  };
}

/** Returns the worth of an order; nothing for a damaged document, which `check-orders.ts` names. */
function readableWorth(order: Order): OrderWorth[] {
  try {
    return [worthByOrder(order)];
  } catch {
    return [];
  }
}

/** Reads what the contacts counted of these users' orders, by order id. */
async function contactOrdersOf(userIds: readonly string[]): Promise<Map<string, OrderWorth>> {
  const { docs } = await firestore()
    .collection(contactOrders.name)
    .where("user_id", "in", [...userIds])
    .get();
  return new Map(docs.map(document => [document.id, document.data() as OrderWorth]));
}
