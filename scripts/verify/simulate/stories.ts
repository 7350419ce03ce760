import { HOUR_MS } from "../../../shared/values/durations.ts";
import type { Shopper } from "./shopper.ts";

/** What shoppers do, by how often: seven of ten carts are left, a third of those are come back for. */
const STORIES: readonly [weight: number, story: (shopper: Shopper, first: number, last: number) => void][] = [
  [20, buys],
  [30, leaves],
  [10, comesBack],
  [8, buysAtTheLastMoment],
  [8, isReportedFromOutside],
  [5, logsIn],
  [5, hasTwoDevices],
  [5, changesTheirMind],
  [4, isLate],
  [3, cancelsBeforePlacing],
];

/** Plans what one shopper does between two rounds of the day. */
export function live(shopper: Shopper, rounds: number): void {
  const { dice } = shopper;
  shopper.in(0).signUp();
  let left = dice.below(STORIES.reduce((sum, [weight]) => sum + weight, 0));
  const found = STORIES.find(([weight]) => {
    left -= weight;
    return left < 0;
  });
  const first = dice.below(rounds);
  found?.[1](shopper, burstOf(first), burstOf(dice.between(first, rounds - 1)));
}

/** Bursts of even number are the hours, those of odd number the times between them. */
function burstOf(round: number): number {
  return 2 * round;
}

function anyWay(shopper: Shopper): "cart" | "cart alone" | "session" | "user" {
  return shopper.dice.pick(["cart", "cart", "cart", "cart alone", "session", "user"]);
}

/** Pays or fails to, and now and then changes their mind. */
function settles(shopper: Shopper, later: number): void {
  const { dice } = shopper;
  if (dice.chance(0.2)) shopper.paymentFailed();
  const isPaid = dice.chance(0.8);
  if (isPaid) shopper.paid();
  if (isPaid && dice.chance(0.2)) shopper.refund(false);
  if (isPaid && dice.chance(0.15)) shopper.in(later).refund(true);
  if (dice.chance(0.2)) (dice.chance(0.5) ? shopper : shopper.in(later)).cancel();
}

function buys(shopper: Shopper, first: number, last: number): void {
  shopper.in(first).add();
  if (shopper.dice.chance(0.3)) shopper.remove();
  shopper.order(anyWay(shopper));
  settles(shopper, Math.max(first, last));
}

function leaves(shopper: Shopper, first: number): void {
  shopper.in(first).add();
  if (shopper.dice.chance(0.3)) shopper.remove();
}

function comesBack(shopper: Shopper, first: number, last: number): void {
  shopper.in(first).add().in(last).add(1);
  if (shopper.dice.chance(0.6)) shopper.order(anyWay(shopper));
}

/** While the clock goes past the end of their silence. */
function buysAtTheLastMoment(shopper: Shopper, first: number): void {
  shopper
    .in(first)
    .add()
    .in(first + 1);
  if (shopper.dice.chance(0.7)) shopper.order("cart");
  else shopper.orderOutside(shopper.dice.pick(["cart", "session", "user"]));
}

function isReportedFromOutside(shopper: Shopper, first: number, last: number): void {
  const { dice } = shopper;
  shopper.in(first).add();
  const twice = dice.chance(0.3);
  const ageMs = dice.chance(0.3) ? dice.between(1, 30) * 60_000 : 0;
  shopper
    .in(dice.chance(0.5) ? last : first)
    .orderOutside(dice.pick(["cart", "session", "user"]), { twice, ageMs });
  if (dice.chance(0.4)) shopper.paid().refund(dice.chance(0.3));
  if (dice.chance(0.3)) shopper.in(last).cancelOutside();
}

function logsIn(shopper: Shopper, first: number, last: number): void {
  shopper.in(first).guest().add(1).logIn().in(last).add(1);
  if (shopper.dice.chance(0.5)) shopper.order(anyWay(shopper));
}

function hasTwoDevices(shopper: Shopper, first: number, last: number): void {
  shopper
    .in(first)
    .add()
    .session("b", shopper.dice.chance(0.5) ? "own" : undefined)
    .add();
  if (shopper.dice.chance(0.5)) shopper.in(last).session("a").order(anyWay(shopper));
}

function changesTheirMind(shopper: Shopper, first: number, last: number): void {
  shopper.in(first).add().order("cart").cancel().cancel();
  shopper.in(last).add(1);
}

/** Reports of hours ago, also of something that was bought meanwhile. */
function isLate(shopper: Shopper, first: number, last: number): void {
  const { dice } = shopper;
  shopper.in(first).add();
  if (dice.chance(0.5)) shopper.order("cart");
  shopper.in(last).addLate(dice.between(1, 5) * HOUR_MS);
}

function cancelsBeforePlacing(shopper: Shopper, first: number): void {
  shopper.in(first).add().orderOutside("session", { cancelFirst: true });
}
