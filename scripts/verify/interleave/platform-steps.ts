import { rearmOverdue } from "../../../shared/rules/cart/cart-timer.ts";
import type { ReportedCart } from "../../../shared/rules/cart/reported-cart.ts";
import { isKept } from "../../../shared/rules/cart/reported-cart.ts";
import { afterTask, CART_IDLE_MS } from "../../test/worlds/cart-world.ts";
import type { Dice } from "../simulate/dice.ts";
import type { Message, Reminder, Trip } from "./trip.ts";
import { newId, publish } from "./trip.ts";

const REMIND_AFTER_MS = CART_IDLE_MS;
/** The smallest passage of time: a quarter of the time until a cart is abandoned. */
export const TICK_MS = CART_IDLE_MS / 4;

/** Delivers any message. The handler may crash before its commit, or before the acknowledgement. */
export function deliver(trip: Trip, dice: Dice): void {
  const message = trip.messages[dice.below(Math.max(trip.messages.length, 1))];
  if (!message || dice.chance(0.1)) return;
  handle(trip, message);
  if (dice.chance(0.2)) return;
  trip.messages = trip.messages.filter(other => other !== message);
}

function handle(trip: Trip, message: Message): void {
  if (trip.handled.has(message.id)) return;
  trip.handled.add(message.id);
  message.run(trip);
}

/** Calls a due timer. The timer may crash before its commit. The answer may be lost, and then Cloud Tasks calls again. */
export function fireTimer(trip: Trip, dice: Dice): void {
  const due = trip.world.tasks.filter(task => task.dueMs <= trip.nowMs);
  const task = due[dice.below(Math.max(due.length, 1))];
  if (!task || dice.chance(0.1)) return;
  const { world } = afterTask(trip.world, task, { nowMs: trip.nowMs });
  trip.world = dice.chance(0.2) ? { ...world, tasks: [...world.tasks, task] } : world;
  publishAbandonments(trip);
}

/** Publishes each new abandonment. Its reaction plans the reminder, once. */
function publishAbandonments(trip: Trip): void {
  for (const { cart_id, cycle } of trip.world.abandoned.slice(trip.announced)) {
    trip.announced += 1;
    const dueMs = trip.nowMs + REMIND_AFTER_MS;
    publish(trip, newId(trip), now => plan(now, { cart_id, cycle, dueMs }));
  }
}

/** Plans the reminder of a reported cart, unless a cart is kept here under its id or session. */
export function planReported(trip: Trip, reported: ReportedCart): void {
  if (isKeptHere(trip, reported)) return;
  plan(trip, { cart_id: reported.cart_id, cycle: 0, dueMs: trip.nowMs + REMIND_AFTER_MS, reported });
}

/** Tells whether we keep a cart for the session of a reported one. */
export function isKeptHere({ world }: Trip, { cart_id, session_id = "" }: ReportedCart): boolean {
  return isKept(world.carts[cart_id]) || (world.sessions[session_id]?.cart_ids ?? []).length > 0;
}

function plan(trip: Trip, planned: Pick<Reminder, "cart_id" | "cycle" | "dueMs" | "reported">): void {
  const key = `${planned.cart_id}/${planned.cycle}`;
  if (trip.reminders.has(key)) return;
  const status = { state: "planned", lease: 0, lease_until_ms: 0, lost: 0 } as const;
  trip.reminders.set(key, { ...status, ...planned, delivered: 0 });
}

export function passTime(trip: Trip, dice: Dice): void {
  trip.nowMs += TICK_MS * (1 + dice.below(4));
}

/** Runs the sweep, which arms lost timers again. At times a timer is lost first. */
export function sweep(trip: Trip, dice: Dice): void {
  const { world, nowMs } = trip;
  if (dice.chance(0.3)) world.tasks = world.tasks.slice(1);
  for (const cart of Object.values(world.carts)) {
    const overdue = rearmOverdue(cart, nowMs - CART_IDLE_MS);
    if (!overdue) continue;
    world.carts[cart.cart_id] = overdue.cart;
    world.tasks.push({ cart_id: cart.cart_id, ...overdue.arm });
  }
}
