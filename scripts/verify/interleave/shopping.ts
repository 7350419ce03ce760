/**
 * A customer, the shop and its mail in memory, on the real rules: everything that can happen to a cart and its
 * reminder, one commit at a time, in an order that the dice choose. A crash is a step that stops before or after its
 * commit; what is redelivered comes again.
 */
import type { Report } from "../../../shared/pipeline/records/effect-state.ts";
import { admitEffect, reported } from "../../../shared/pipeline/records/effect-state.ts";
import type { AddFact, RemoveFact } from "../../../shared/rules/cart/cart-facts.ts";
import type { PlacedOrder } from "../../../shared/rules/cart/cart-memory.ts";
import { markReminded, rearmOverdue } from "../../../shared/rules/cart/cart-timer.ts";
import type { Order } from "../../../shared/rules/order/order.ts";
import { newOrder, reportCancelled, reportPaid } from "../../../shared/rules/order/order.ts";
import { decideAttempt, isLatestFailure } from "../../../shared/rules/order/payment.ts";
import type { CartWorld } from "../../test/worlds/cart-world.ts";
import { afterEvent, afterTask, CART_IDLE_MS } from "../../test/worlds/cart-world.ts";
import type { Dice } from "../simulate/dice.ts";
import type { Message, Shopping } from "./open-shop.ts";
import { newId, publish } from "./open-shop.ts";

export const LEASE_MS = 30;
const REMIND_AFTER_MS = CART_IDLE_MS;
const TICK_MS = CART_IDLE_MS / 4;
const CARTS = ["cart_1", "cart_1", "cart_2"] as const;
const SESSIONS = ["sess_1", "sess_2"] as const;
const PRODUCTS = ["a", "b", "c"] as const;

type Step = (shopping: Shopping, dice: Dice) => void;

/** What may happen next, the common more than once. */
export const STEPS: readonly [Step, ...Step[]] = [
  add,
  add,
  add,
  remove,
  logIn,
  buyHere,
  buyElsewhere,
  pay,
  ...Array<Step>(6).fill(deliver),
  ...Array<Step>(4).fill(fire),
  ...Array<Step>(4).fill(remind),
  ...Array<Step>(4).fill(send),
  ...Array<Step>(5).fill(passTime),
  sweep,
];

function add(shopping: Shopping, dice: Dice): void {
  const fact = { ...factNow(shopping), kind: "add", quantity: 1, product_id: dice.pick(PRODUCTS) } as const;
  visit(shopping, fact, dice);
}

function remove(shopping: Shopping, dice: Dice): void {
  visit(shopping, { ...factNow(shopping), kind: "remove", product_id: dice.pick(PRODUCTS) }, dice);
}

function visit(shopping: Shopping, about: AddFact | RemoveFact, dice: Dice): void {
  const session_id = dice.pick(SESSIONS);
  const cart_id = dice.pick(CARTS);
  const fact = { ...about, session_id };
  publish(shopping, about.id, now => {
    now.world = afterEvent(now.world, { type: "visit", cart_id, session_id, fact });
    if (fact.kind === "add") now.log.push({ kind: "put in", cart_id });
  });
}

function factNow(shopping: Shopping) {
  const { nowMs, userId } = shopping;
  return { id: newId(shopping), at_ms: nowMs, received_at_ms: nowMs, user_id: userId };
}

function logIn(shopping: Shopping): void {
  shopping.userId = "usr_1";
}

/** The checkout reads the cart and closes it in its own transaction; then it announces the order. */
function buyHere(shopping: Shopping, dice: Dice): void {
  const cart_id = dice.pick(CARTS);
  const cart = shopping.world.carts[cart_id];
  if (!cart || cart.lines.length === 0) return;
  const order = {
    ...orderOf(
      shopping,
      cart.lines.map(line => line.product_id),
    ),
    cart_id,
  };
  shopping.world = afterEvent(shopping.world, { type: "checkout", order });
  shopping.log.push({ kind: "bought", cart_id, cycle: cart.cycle });
  shopping.orders.set(order.order_id, checkoutOrder(order.order_id, shopping.nowMs));
  publishOrder(shopping, order);
}

/** Another system takes the order, and says of the cart what it knows. */
function buyElsewhere(shopping: Shopping, dice: Dice): void {
  const order = orderOf(shopping, [dice.pick(PRODUCTS)]);
  if (dice.chance(0.3)) publishOrder(shopping, order);
  else if (dice.chance(0.5)) publishOrder(shopping, { ...order, session_id: dice.pick(SESSIONS) });
  else publishOrder(shopping, { ...order, cart_id: dice.pick(CARTS) });
}

function orderOf(shopping: Shopping, product_ids: readonly string[]) {
  const { nowMs, userId } = shopping;
  return {
    order_id: newId(shopping),
    at_ms: nowMs,
    received_at_ms: nowMs,
    user_id: userId,
    product_ids,
  };
}

function publishOrder(shopping: Shopping, order: PlacedOrder): void {
  const items = order.product_ids.map(product_id => ({ product_id, quantity: 1 }));
  publish(shopping, order.order_id, now => {
    now.world = afterEvent(now.world, { type: "placed", order, items });
  });
}

function checkoutOrder(orderId: string, atMs: number): Order {
  return { ...newOrder(orderId, { currency: "USD", atMs }), source: "checkout", total_minor: 100 };
}

/** An attempt to pay succeeds or fails; a failure is announced, and whoever hears of it may cancel the order. */
function pay(shopping: Shopping, dice: Dice): void {
  const order = [...shopping.orders.values()].find(({ state }) => state === "placed");
  if (!order) return;
  const outcome = dice.chance(0.5) ? "paid" : "failed";
  const attempt = { attempt_id: newId(shopping), outcome, at_ms: shopping.nowMs } as const;
  if (decideAttempt(order, attempt).kind !== "new") return;
  const tried = { ...order, attempts: [...order.attempts, attempt] };
  const { order_id } = order;
  shopping.orders.set(order_id, outcome === "paid" ? reportPaid(tried, { amount_minor: 100 }) : tried);
  if (outcome === "paid") return;
  publish(shopping, attempt.attempt_id, now => {
    const known = now.orders.get(order_id);
    if (!known || !isLatestFailure(known, attempt.attempt_id)) return;
    now.orders.set(order_id, reportCancelled(known, "the payment failed"));
    now.world = afterEvent(now.world, { type: "cancelled", order_id });
  });
}

/** Any message, in any order. It may be handled and not acknowledged, or not handled at all. */
function deliver(shopping: Shopping, dice: Dice): void {
  const message = shopping.messages[dice.below(Math.max(shopping.messages.length, 1))];
  if (!message || dice.chance(0.1)) return;
  handle(shopping, message);
  if (dice.chance(0.2)) return;
  shopping.messages = shopping.messages.filter(other => other !== message);
}

function handle(shopping: Shopping, message: Message): void {
  if (shopping.handled.has(message.id)) return;
  shopping.handled.add(message.id);
  message.run(shopping);
}

/** A task may come at its time, again, and without anybody noticing that it was done. */
function fire(shopping: Shopping, dice: Dice): void {
  const due = shopping.world.tasks.filter(task => task.dueMs <= shopping.nowMs);
  const task = due[dice.below(Math.max(due.length, 1))];
  if (!task || dice.chance(0.1)) return;
  const { world } = afterTask(shopping.world, task, { nowMs: shopping.nowMs });
  shopping.world = dice.chance(0.2) ? { ...world, tasks: [...world.tasks, task] } : world;
  plan(shopping);
}

/** Each abandonment is announced; whoever hears of it plans the reminder, once. */
function plan(shopping: Shopping): void {
  for (const { cart_id, cycle } of shopping.world.abandoned.slice(shopping.announced)) {
    shopping.announced += 1;
    const dueMs = shopping.nowMs + REMIND_AFTER_MS;
    publish(shopping, newId(shopping), now => {
      const key = `${cart_id}/${cycle}`;
      if (now.reminders.has(key)) return;
      const standing = { state: "planned", lease: 0, lease_until_ms: 0, lost: 0 } as const;
      now.reminders.set(key, { ...standing, cart_id, cycle, dueMs, seen: 0 });
    });
  }
}

/** Decides whether the reminder may go and takes its lease, in one transaction with the cart. */
function remind(shopping: Shopping, dice: Dice): void {
  const { nowMs, reminders } = shopping;
  const due = [...reminders].filter(([, { dueMs }]) => dueMs <= nowMs);
  const [key, reminder] = due[dice.below(Math.max(due.length, 1))] ?? [];
  if (key === undefined || !reminder) return;
  const may = admitEffect(reminder, { nowMs, repeatable: false });
  if (may === "held" || may === "over") return;
  if (may === "give-up")
    return void reminders.set(key, { ...reminder, state: "unknown", lost: reminder.lost + 1 });
  const cart = shopping.world.carts[reminder.cart_id];
  const reminded = cart && (stillReminded(cart, reminder.cycle) ?? markReminded(cart, reminder.cycle));
  if (!reminded && !shopping.isCareless) return void reminders.set(key, { ...reminder, state: "skipped" });
  if (reminded) shopping.world.carts = { ...shopping.world.carts, [reminder.cart_id]: reminded };
  const lease = reminder.lease + 1;
  const until = nowMs + LEASE_MS;
  reminders.set(key, { ...reminder, state: "sending", lease, lease_until_ms: until, dueMs: until });
  shopping.log.push({ kind: "lease", cart_id: reminder.cart_id, cycle: reminder.cycle });
  shopping.sending.push({ key, lease });
}

function stillReminded(cart: CartWorld["carts"][string], cycle: number) {
  return cart.status === "reminded" && cart.cycle === cycle ? cart : undefined;
}

/** Whoever holds a lease talks to the mail server, and comes back, late, or never. */
function send(shopping: Shopping, dice: Dice): void {
  const holder = shopping.sending.shift();
  const reminder = holder && shopping.reminders.get(holder.key);
  if (!holder || !reminder) return;
  const report: Report = dice.pick(["sent", "sent", "not-sent", "unclear"]);
  const isSeen = report === "sent" || (report === "unclear" && dice.chance(0.5));
  const { cart_id, cycle } = reminder;
  if (isSeen) {
    shopping.log.push({ kind: "seen", cart_id, cycle, wasSent: reminder.state === "sent" });
    shopping.reminders.set(holder.key, { ...reminder, seen: reminder.seen + 1 });
  }
  if (dice.chance(0.2)) return;
  const now = shopping.reminders.get(holder.key) ?? reminder;
  const state = reported(now, { heldLease: holder.lease, report, repeatable: false });
  if (state === undefined) return;
  const lost = now.lost + Number(report === "unclear");
  shopping.reminders.set(holder.key, { ...now, state, lost, dueMs: shopping.nowMs + TICK_MS });
}

function passTime(shopping: Shopping, dice: Dice): void {
  shopping.nowMs += TICK_MS * (1 + dice.below(4));
}

/** A timer that was lost is armed again. */
function sweep(shopping: Shopping, dice: Dice): void {
  const { world, nowMs } = shopping;
  if (dice.chance(0.3)) world.tasks = world.tasks.slice(1);
  for (const cart of Object.values(world.carts)) {
    const overdue = rearmOverdue(cart, nowMs - CART_IDLE_MS);
    if (!overdue) continue;
    world.carts[cart.cart_id] = overdue.cart;
    world.tasks.push({ cart_id: cart.cart_id, ...overdue.arm });
  }
}

const CALM: Dice = {
  chance: () => false,
  below: () => 0,
  between: least => least,
  pick: from => from[0],
  popular: () => 0,
};

/** No more faults: all that is under way comes to its end. */
export function comeToRest(shopping: Shopping): void {
  for (let quiet = 0; quiet < 8; quiet += 1) {
    const before = JSON.stringify([shopping.world, [...shopping.reminders]]);
    while (shopping.messages.length > 0) deliver(shopping, CALM);
    shopping.nowMs += 10 * CART_IDLE_MS;
    sweep(shopping, CALM);
    while (shopping.world.tasks.some(({ dueMs }) => dueMs <= shopping.nowMs)) fire(shopping, CALM);
    while (shopping.messages.length > 0) deliver(shopping, CALM);
    for (const [key] of shopping.reminders) finish(shopping, key);
    if (before !== JSON.stringify([shopping.world, [...shopping.reminders]])) quiet = 0;
  }
}

function finish(shopping: Shopping, key: string): void {
  const reminder = shopping.reminders.get(key);
  if (!reminder || reminder.dueMs > shopping.nowMs) return;
  const rest = new Map(shopping.reminders);
  shopping.reminders = new Map([[key, reminder]]);
  remind(shopping, CALM);
  shopping.reminders = new Map([...rest, ...shopping.reminders]);
  while (shopping.sending.length > 0) send(shopping, CALM);
}
