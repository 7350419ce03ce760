import { HOUR_MS, MINUTE_MS } from "../../../shared/values/durations.ts";
import type { OrderLink, Shopper } from "./shopper.ts";

/** Stories with their weights: shoppers leave seven of ten carts and return to a third of those. */
const STORIES: readonly [weight: number, story: (shopper: Shopper, first: number, last: number) => void][] = [
  [20, buys],
  [30, leaves],
  [10, comesBack],
  [8, buysAtTheLastMoment],
  [8, ordersOutside],
  [5, logsIn],
  [5, hasTwoDevices],
  [5, buysOne],
  [4, usesAnotherShop],
  [5, changesTheirMind],
  [4, reportsLate],
  [3, cancelsBeforePlacing],
];

/** Plans one story of a shopper, drawn by weight. */
export function planStory(shopper: Shopper, rounds: number): void {
  const { dice } = shopper;
  const habit = consentOf(shopper.number);
  shopper.in(0).signUp(habit.atSignUp);
  let left = dice.below(STORIES.reduce((sum, [weight]) => sum + weight, 0));
  const found = STORIES.find(([weight]) => {
    left -= weight;
    return left < 0;
  });
  const first = dice.below(rounds);
  found?.[1](shopper, burstOf(first), burstOf(dice.between(first, rounds - 1)));
  // Never in the round of the sign-up: a retry could make that order uncertain.
  if (habit.later !== undefined && rounds > 1) shopper.in(burstOf(rounds - 1)).consent(habit.later);
}

/** Statements about marketing mails of a shopper. Absent: the shopper makes none. */
interface ConsentHabit {
  atSignUp?: boolean;
  later?: boolean;
}

/** Most shoppers give consent. In every eight, one refuses, one states none, one withdraws, one gives it later. */
const CONSENT_HABITS: readonly ConsentHabit[] = [
  { atSignUp: true },
  { atSignUp: true },
  { atSignUp: false },
  { atSignUp: true },
  {},
  { atSignUp: true, later: false },
  { atSignUp: true },
  { later: true },
];

/** Selects by number, so that no draw of the day depends on consent. */
function consentOf(number: number): ConsentHabit {
  return CONSENT_HABITS[number % CONSENT_HABITS.length] ?? {};
}

/** Even bursts are the hours; odd bursts are the times between them. */
function burstOf(round: number): number {
  return 2 * round;
}

function anyLink(shopper: Shopper): OrderLink {
  return shopper.dice.pick(["cart", "cart", "cart", "cart alone", "session", "user"]);
}

/** Pays at once or in parts; sometimes the same order is paid twice. */
function pays(shopper: Shopper): void {
  if (shopper.dice.chance(0.2)) shopper.paidInParts();
  else shopper.paid();
  if (shopper.dice.chance(0.1)) shopper.paid();
}

/**
 * Pays or fails to pay; sometimes asks for a refund, cancels or pays after the cancellation. The parcel leaves before or
 * after that, if at all.
 */
function paysOrCancels(shopper: Shopper, later: number): void {
  const { dice } = shopper;
  if (dice.chance(0.2)) shopper.paymentFailed();
  const isPaid = dice.chance(0.8);
  if (isPaid) pays(shopper);
  const leaves = isPaid ? dice.pick(["early", "late", "never"] as const) : "never";
  if (leaves === "early") shopper.dispatch();
  if (isPaid && dice.chance(0.2)) shopper.refund(false);
  if (isPaid && dice.chance(0.15)) shopper.in(later).refund(true);
  const cancels = dice.chance(0.2);
  if (cancels) (dice.chance(0.5) ? shopper : shopper.in(later)).cancel();
  if (leaves === "late") shopper.dispatch();
  if (cancels && dice.chance(0.3)) shopper.paid();
}

function buys(shopper: Shopper, first: number, last: number): void {
  shopper.in(first).add();
  if (shopper.dice.chance(0.3)) shopper.remove();
  shopper.order(anyLink(shopper));
  paysOrCancels(shopper, Math.max(first, last));
}

function leaves(shopper: Shopper, first: number): void {
  shopper.in(first).add();
  if (shopper.dice.chance(0.3)) shopper.remove();
}

function comesBack(shopper: Shopper, first: number, last: number): void {
  shopper.in(first).add().in(last).add(1);
  if (shopper.dice.chance(0.6)) shopper.order(anyLink(shopper));
}

/** Buys while the clock passes the end of the cart's idle time. */
function buysAtTheLastMoment(shopper: Shopper, first: number): void {
  shopper
    .in(first)
    .add()
    .in(first + 1);
  if (shopper.dice.chance(0.7)) shopper.order("cart");
  else shopper.orderOutside(shopper.dice.pick(["cart", "session", "user"]));
}

function ordersOutside(shopper: Shopper, first: number, last: number): void {
  const { dice } = shopper;
  shopper.in(first).add();
  const twice = dice.chance(0.3);
  const ageMs = dice.chance(0.3) ? dice.between(1, 30) * MINUTE_MS : 0;
  shopper
    .in(dice.chance(0.5) ? last : first)
    .orderOutside(dice.pick(["cart", "session", "user"]), { twice, ageMs });
  if (dice.chance(0.4)) {
    pays(shopper);
    shopper.refund(dice.chance(0.3));
  }
  if (dice.chance(0.3)) shopper.dispatch();
  if (dice.chance(0.3)) shopper.in(last).cancelOutside();
}

function logsIn(shopper: Shopper, first: number, last: number): void {
  shopper.in(first).guest().add(1).logIn().in(last).add(1);
  if (shopper.dice.chance(0.5)) shopper.order(anyLink(shopper));
}

function hasTwoDevices(shopper: Shopper, first: number, last: number): void {
  shopper
    .in(first)
    .add()
    .session("b", shopper.dice.chance(0.5) ? "own" : undefined)
    .add();
  if (shopper.dice.chance(0.5)) shopper.in(last).session("a").order(anyLink(shopper));
}

/** Buys one product of several, here or elsewhere. The same product may lie in the cart of another device. */
function buysOne(shopper: Shopper, first: number, last: number): void {
  const { dice } = shopper;
  shopper.in(first).add(3);
  if (dice.chance(0.4)) shopper.session("b").add(2).session("a");
  shopper.in(last);
  if (dice.chance(0.5)) shopper.buyOne(dice.pick(["session", "user"]));
  else shopper.orderOutside(dice.pick(["cart", "session", "user"]), { isPartial: true });
}

/** Leaves a cart in another system, which reports its abandonment; sometimes there is a cart here as well. */
function usesAnotherShop(shopper: Shopper, first: number, last: number): void {
  const { dice } = shopper;
  shopper.in(first);
  if (dice.chance(0.5)) shopper.add();
  shopper.in(last).reportAbandoned(dice.chance(0.5));
  if (dice.chance(0.3)) shopper.reportAbandoned(false).orderOutside("user");
}

function changesTheirMind(shopper: Shopper, first: number, last: number): void {
  shopper.in(first).add().order("cart").cancel().cancel();
  shopper.in(last).add(1);
}

/** Reports an addition of hours ago, sometimes after the cart was bought. */
function reportsLate(shopper: Shopper, first: number, last: number): void {
  const { dice } = shopper;
  shopper.in(first).add();
  if (dice.chance(0.5)) shopper.order("cart");
  shopper.in(last).addLate(dice.between(1, 5) * HOUR_MS);
}

function cancelsBeforePlacing(shopper: Shopper, first: number): void {
  shopper.in(first).add().orderOutside("session", { cancelFirst: true });
}
