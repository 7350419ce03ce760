import type { Report } from "../../../shared/pipeline/records/effect-state.ts";
import { admitEffect, reported } from "../../../shared/pipeline/records/effect-state.ts";
import { markReminded } from "../../../shared/rules/cart/cart-timer.ts";
import type { CartWorld } from "../../test/worlds/cart-world.ts";
import type { Dice } from "../simulate/dice.ts";
import { TICK_MS } from "./platform-steps.ts";
import type { Trip } from "./trip.ts";

/** The duration of a lease, in milliseconds of the trip's clock. */
const LEASE_MS = 30;

/** Decides about a due reminder and takes its lease, in one transaction with the cart. */
export function leaseReminder(trip: Trip, dice: Dice): void {
  const { nowMs, reminders } = trip;
  const due = [...reminders].filter(([, { dueMs }]) => dueMs <= nowMs);
  const [key, reminder] = due[dice.below(Math.max(due.length, 1))] ?? [];
  if (key === undefined || !reminder) return;
  const may = admitEffect(reminder, { nowMs, repeatable: false });
  if (may === "held" || may === "over") return;
  if (may === "give-up")
    return void reminders.set(key, { ...reminder, state: "unknown", lost: reminder.lost + 1 });
  const cart = trip.world.carts[reminder.cart_id];
  const reminded = cart && (alreadyReminded(cart, reminder.cycle) ?? markReminded(cart, reminder.cycle));
  if (!reminded && !trip.lacksGuard) return void reminders.set(key, { ...reminder, state: "skipped" });
  if (reminded) trip.world.carts = { ...trip.world.carts, [reminder.cart_id]: reminded };
  const lease = reminder.lease + 1;
  const untilMs = nowMs + LEASE_MS;
  reminders.set(key, { ...reminder, state: "sending", lease, lease_until_ms: untilMs, dueMs: untilMs });
  trip.log.push({ kind: "lease", cart_id: reminder.cart_id, cycle: reminder.cycle });
  trip.sending.push({ key, lease });
}

function alreadyReminded(cart: CartWorld["carts"][string], cycle: number) {
  return cart.status === "reminded" && cart.cycle === cycle ? cart : undefined;
}

/** Sends a leased reminder and reports. The report may be late, or missing. */
export function sendReminder(trip: Trip, dice: Dice): void {
  const holder = trip.sending.shift();
  const reminder = holder && trip.reminders.get(holder.key);
  if (!holder || !reminder) return;
  const report: Report = dice.pick(["sent", "sent", "not-sent", "unclear"]);
  const isDelivered = report === "sent" || (report === "unclear" && dice.chance(0.5));
  const { cart_id, cycle } = reminder;
  if (isDelivered) {
    trip.log.push({ kind: "delivered", cart_id, cycle, wasSent: reminder.state === "sent" });
    trip.reminders.set(holder.key, { ...reminder, delivered: reminder.delivered + 1 });
  }
  if (dice.chance(0.2)) return;
  const now = trip.reminders.get(holder.key) ?? reminder;
  const state = reported(now, { heldLease: holder.lease, report, repeatable: false });
  if (state === undefined) return;
  const lost = now.lost + Number(report === "unclear");
  trip.reminders.set(holder.key, { ...now, state, lost, dueMs: trip.nowMs + TICK_MS });
}
