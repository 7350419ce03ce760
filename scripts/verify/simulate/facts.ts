import type { CartFact } from "./cart-model.ts";
import type { ArchivedEvent, Item } from "./found.ts";
import type { Sent } from "./run-day.ts";
import { isAccepted } from "./run-day.ts";
import type { Step } from "./step.ts";
import { isEvent } from "./step.ts";

/** An order that was accepted, whoever took it. */
export interface AcceptedOrder {
  id: string;
  /** Ours are announced by us; the others were reported. */
  isOurs: boolean;
  user: string;
  items: Item[];
  isPaid: boolean;
  /** In minor units of dollars; what comes first of an order is its payment. */
  paidMinor: number;
  /** By refund: the money in minor units, and what came back with it. */
  refunds: Map<string, { minor: number; items: readonly Item[] }>;
  /** A failure that is the last that is heard of its payment ends an order: where it was paid, too, that is either. */
  hasFailed: boolean;
  /** By our own checkout, or because it could not be paid; then we announce it. */
  isCancelledByUs: boolean;
  isCancelled: boolean;
  burst: number;
  sent: Sent;
}

/** What the shop took on, as its answers say. */
export interface Accepted {
  /** Events at ingest, each once, by its id; several were sent under one id where a repeat or a conflict was. */
  events: Map<string, Sent[]>;
  /** Ids at ingest of which every sending was refused. */
  refused: Set<string>;
  commands: Sent[];
  orders: Map<string, AcceptedOrder>;
  /** Units moved by hand, by product. */
  moved: Map<string, number>;
}

export function acceptedOf(journal: readonly Sent[]): Accepted {
  const events = new Map<string, Sent[]>();
  const refused = new Set<string>();
  const moved = new Map<string, number>();
  const commands = commandsOf(journal);
  for (const sent of journal.filter(({ step }) => isEvent(step))) {
    const id = String(sent.body["event_id"]);
    if (isAccepted(sent)) events.set(id, [...(events.get(id) ?? []), sent]);
    else if (sent.status !== undefined) refused.add(id);
  }
  for (const { path, answer } of commands) {
    if (!path.endsWith("/stock")) continue;
    moved.set(answer.product_id, (moved.get(answer.product_id) ?? 0) + answer.delta);
  }
  return { events, refused, commands, moved, orders: ordersOf(commands, [...events.values()]) };
}

/**
 * Each once, by its Idempotency-Key: a refusal is not kept, so that a repeat may be accepted of what was refused at
 * first.
 */
function commandsOf(journal: readonly Sent[]): Sent[] {
  const accepted = journal.filter(sent => !isEvent(sent.step) && isAccepted(sent));
  const byKey = Map.groupBy(accepted, ({ step }) => keyOf(step));
  return [...byKey.values()].flatMap(
    same => same.find(({ step }) => step.again === undefined) ?? same[0] ?? [],
  );
}

/** The Idempotency-Key that a command was sent under. */
export function keyOf({ again, name }: Step): string {
  return again ?? name;
}

function ordersOf(commands: readonly Sent[], events: readonly Sent[][]): Map<string, AcceptedOrder> {
  const orders = new Map<string, AcceptedOrder>();
  const reported = events.flatMap(([first]) => (first ? [first] : []));
  const ours = commands.filter(({ path }) => path === "/orders");
  const others = reported.filter(({ body }) => body["event_type"] === "order.placed");
  for (const sent of [...ours, ...others]) {
    const order = orderOf(sent);
    if (!orders.has(order.id)) orders.set(order.id, order);
  }
  for (const command of commands) hearCommand(orders, command);
  for (const { body } of reported) hearReport(orders, body);
  return orders;
}

function hearCommand(orders: Map<string, AcceptedOrder>, { path, body, answer }: Sent): void {
  const id = answer.order_id;
  if (path.endsWith("/cancel")) mark(orders, id, { isCancelled: true, isCancelledByUs: true });
  if (path.endsWith("/payments") && body["status"] === "failed") mark(orders, id, { hasFailed: true });
  if (path.endsWith("/payments") && body["status"] === "paid") markPaid(orders, id, answer.total);
  if (path.endsWith("/refunds")) markRefunded(orders, id, refundIn(answer, body["refund_id"]));
}

// biome-ignore lint/suspicious/noExplicitAny: events of every type
function hearReport(orders: Map<string, AcceptedOrder>, { event_type, order_id, payload }: any): void {
  if (event_type === "order.paid") markPaid(orders, order_id, payload.amount);
  if (event_type === "payment.failed") mark(orders, order_id, { hasFailed: true });
  if (event_type === "order.cancelled") mark(orders, order_id, { isCancelled: true });
  if (event_type === "refund.issued") markRefunded(orders, order_id, payload);
}

function markPaid(orders: Map<string, AcceptedOrder>, id: string, amount: number): void {
  if (orders.get(id)?.isPaid === false) mark(orders, id, { isPaid: true, paidMinor: cents(amount) });
}

function markRefunded(orders: Map<string, AcceptedOrder>, id: string, refund: Refund | undefined): void {
  if (!refund) return;
  const { refund_id, amount, items = [] } = refund;
  orders.get(id)?.refunds.set(refund_id, { minor: cents(amount), items });
}

interface Refund {
  refund_id: string;
  amount: number;
  items?: Item[];
}

function refundIn(answer: { refunds: Refund[] }, id: unknown): Refund | undefined {
  return answer.refunds.find(({ refund_id }) => refund_id === id);
}

export function refundedMinor({ refunds }: Pick<AcceptedOrder, "refunds">): number {
  return [...refunds.values()].reduce((sum, { minor }) => sum + minor, 0);
}

function cents(amount: number): number {
  return Math.round(amount * 100);
}

function mark(orders: Map<string, AcceptedOrder>, id: unknown, became: Partial<AcceptedOrder>): void {
  const order = orders.get(String(id));
  if (order) Object.assign(order, became);
}

/** Takes over what became of the orders whose payment failed, where either may be: everything else has to agree. */
export function believeFailures({ orders }: Accepted, stateOf: (id: string) => string | undefined): void {
  for (const order of orders.values()) {
    const isOpen = order.hasFailed && !order.isCancelled;
    if (isOpen && stateOf(order.id) === "cancelled")
      Object.assign(order, { isCancelled: true, isCancelledByUs: true });
  }
}

/** Ours as our checkout has answered, the others as they were reported. */
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
    isPaid: false,
    paidMinor: 0,
    refunds: new Map(),
    hasFailed: false,
    isCancelled: false,
    isCancelledByUs: false,
    burst: sent.burst,
    sent,
  };
}

/** What was accepted about carts, by shopper: whoever shares a session or a user is one. */
export function cartFactsOf(accepted: Accepted, archive: readonly ArchivedEvent[]): CartFact[][] {
  const heardMs = new Map(
    archive
      .filter(({ producer }) => producer === "ingest")
      .map(({ event_id, event }) => [event_id, Date.parse(event.received_at)]),
  );
  const facts = [...accepted.events].flatMap(([id, sent]) => factOf(sent, heardMs.get(id)) ?? []);
  const ours = [...accepted.orders.values()].filter(order => order.isOurs);
  const byShopper = Map.groupBy([...ours.map(orderFactOf), ...facts], ({ user }) =>
    user.replace(/^[a-z]+_/, ""),
  );
  return [...byShopper.values()];
}

/** By its first sending; when it was heard is known exactly where it was sent once. */
function factOf(sent: readonly Sent[], heardMs: number | undefined): CartFact | undefined {
  const [first] = sent;
  if (!first) return undefined;
  // biome-ignore lint/suspicious/noExplicitAny: events of every type
  const body: any = first.body;
  const inTime = sent.filter(({ burst }) => burst === first.burst);
  const isOnce = inTime.length === 1 && first.tries === 1 && heardMs !== undefined;
  const fromMs = isOnce ? heardMs : first.fromMs;
  const toMs = isOnce ? heardMs : Math.max(...inTime.map(one => one.toMs));
  const atMs = Math.min(Date.parse(body.timestamp), fromMs);
  const happened = { atMs, fromMs, toMs, burst: first.burst, user: body.user_id };
  const session = body.session_id;
  if (body.event_type === "order.placed") {
    const cart = body.payload.cart_id;
    return {
      kind: "order",
      ...happened,
      order: body.order_id,
      products: body.payload.items.map((item: Item) => item.product_id),
      closesAtOnce: false,
      ...(cart === undefined ? {} : { cart }),
      ...(session === undefined ? {} : { session }),
    };
  }
  const [, kind] = /^cart\.item_(add|remove)/.exec(body.event_type) ?? [];
  if (kind !== "add" && kind !== "remove") return undefined;
  const { product_id: product, quantity, cart_id = `cart_${session}` } = body.payload;
  return { kind, ...happened, cart: cart_id, session, product, quantity };
}

function orderFactOf({ id, sent, user, items, burst }: AcceptedOrder): CartFact {
  const { cart_id: cart, session_id: session, placed_at } = sent.answer;
  return {
    kind: "order",
    order: id,
    atMs: Date.parse(placed_at),
    fromMs: sent.fromMs,
    toMs: sent.toMs,
    burst,
    user,
    products: items.map(({ product_id }) => product_id),
    closesAtOnce: cart !== undefined,
    ...(cart === undefined ? {} : { cart }),
    ...(session === undefined ? {} : { session }),
  };
}
