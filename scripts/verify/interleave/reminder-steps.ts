import type { Report } from "../../../shared/pipeline/records/effect-state.ts";
import { admitEffect, reported } from "../../../shared/pipeline/records/effect-state.ts";
import { markReminded } from "../../../shared/rules/cart/cart-timer.ts";
import type { ReportedCart } from "../../../shared/rules/cart/reported-cart.ts";
import { uncoveredLines } from "../../../shared/rules/cart/reported-cart.ts";
import { aboutOf, countMarketing } from "../../../shared/rules/customer/marketing.ts";
import { HOUR_MS } from "../../../shared/values/durations.ts";
import type { CartWorld } from "../../test/worlds/cart-world.ts";
import { CART_IDLE_MS, caughtUp } from "../../test/worlds/cart-world.ts";
import type { Dice } from "../simulate/dice.ts";
import { isKeptHere, TICK_MS } from "./platform-steps.ts";
import type { Reminder, Trip } from "./trip.ts";

/** The duration of a millisecond of the trip in a real shop: a cart is abandoned there after two hours. */
const TRIP_MS = (2 * HOUR_MS) / CART_IDLE_MS;

/** The receiver of all reminders of a trip, as a guest and after the login. */
const PERSON = "person";

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
  const decided = decide(trip, key, reminder) ?? (trip.lacksGuard ? unguarded(trip, reminder) : undefined);
  if (!decided) return void reminders.set(key, { ...reminder, state: "skipped" });
  const lease = reminder.lease + 1;
  const untilMs = nowMs + LEASE_MS;
  reminders.set(key, { ...reminder, state: "sending", lease, lease_until_ms: untilMs, dueMs: untilMs });
  const { cart_id, cycle, reported } = reminder;
  trip.log.push({ kind: "lease", cart_id, cycle, ...decided, reported_ms: reported?.added_at_ms });
  trip.sending.push({ key, lease });
}

/** The content of a reminder: its products, and the users of the cart. */
interface Decided {
  products: string[];
  users: readonly string[];
}

/** Decides as send-mail does, and writes what the decision writes. */
function decide(trip: Trip, key: string, reminder: Reminder): Decided | undefined {
  const { world, nowMs, marketing } = trip;
  const found = reminder.reported ? reportedLines(trip, reminder.reported) : keptLines(trip, reminder);
  if (!found || found.products.length === 0) return undefined;
  const mail = { mail: key, at_ms: nowMs * TRIP_MS, about: aboutOf(1, found.products) };
  const counted = countMarketing(marketing.get(PERSON) ?? [], mail);
  if ("refused" in counted) return undefined;
  marketing.set(PERSON, counted.mails);
  if (found.cart) trip.world = { ...world, carts: { ...world.carts, [found.cart.cart_id]: found.cart } };
  return { products: found.products, users: found.users };
}

function keptLines(trip: Trip, { cart_id, cycle }: Reminder) {
  const stored = trip.world.carts[cart_id];
  const cart = stored && caughtUp(trip.world, stored).cart;
  const reminded = cart && (alreadyReminded(cart, cycle) ?? markReminded(cart, cycle));
  return reminded && { cart: reminded, users: reminded.user_ids, products: productsIn(reminded.lines) };
}

function reportedLines(trip: Trip, reported: ReportedCart) {
  if (isKeptHere(trip, reported)) return undefined;
  const { user_id, session_id = "" } = reported;
  const { shoppers, sessions } = trip.world;
  const orders = [...(shoppers[user_id]?.orders ?? []), ...(sessions[session_id]?.orders ?? [])];
  return { cart: undefined, users: [user_id], products: productsIn(uncoveredLines(reported, orders)) };
}

/** Returns a reminder as it would be sent without any look at the cart. */
function unguarded({ world }: Trip, { cart_id, reported }: Reminder): Decided {
  const cart = world.carts[cart_id];
  return { products: productsIn(reported?.items ?? cart?.lines ?? []), users: cart?.user_ids ?? [] };
}

function productsIn(lines: readonly { product_id: string }[]): string[] {
  return lines.map(({ product_id }) => product_id);
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
