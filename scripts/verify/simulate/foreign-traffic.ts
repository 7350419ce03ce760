import { HOUR_MS } from "../../../shared/values/durations.ts";
import type { Dice } from "./dice.ts";
import { createDice } from "./dice.ts";
import type { ForeignFact } from "./foreign-facts.ts";
import { foreignOrderFacts, foreignUserFacts } from "./foreign-facts.ts";
import type { Day, Step, Visit } from "./step.ts";
import { INGEST } from "./step.ts";

/** Accounts that this shop opens, about which other systems report. */
const ACCOUNTS = 3;
/** Foreign reports about each of these accounts. */
const REPORTS_PER_ACCOUNT = 4;
/** Share of our orders with a foreign report right after a step of the order. */
const ORDERS_AT_ONCE = 0.3;
/** Share of our orders with a foreign report in a later round. */
const ORDERS_LATER = 0.15;
/** Max age of a foreign report: older than the order in most cases. */
const MAX_AGE_MS = 3 * HOUR_MS;

/**
 * Plans reports of other systems about orders and accounts of this shop. The shop accepts these events, and nothing may
 * change. The draws have dice of their own, so the other requests of a seed stay the same.
 */
export function planForeign({ tag, opening, goods, rounds }: Day, seed: number): void {
  const dice = createDice(seed, "foreign");
  const product = goods[0]?.product_id ?? "prod_none";
  let count = 0;
  const reportAbout = (about: Step, isOrder: boolean): Step => {
    const name = `evt_${tag}_f${count++}`;
    const body = isOrder ? orderReport(name, { about, product, dice }) : userReport(name, dice);
    const ageMs = dice.chance(0.5) ? dice.below(MAX_AGE_MS) : 0;
    const step = { name, method: "POST" as const, path: INGEST, body, ageMs, about: about.name };
    return { ...step, isForeign: true, pauseMs: dice.between(2, 12) };
  };
  for (const [index, round] of rounds.entries()) {
    const later = rounds.slice(index + 1);
    const addLater = (order: Step): void =>
      void later[dice.below(later.length)]?.visits.push([reportAbout(order, true)]);
    const reportInVisit = (visit: Visit): Visit => {
      const order = visit.find(isOurOrder);
      if (!order) return visit;
      if (dice.chance(ORDERS_LATER)) addLater(order);
      if (!dice.chance(ORDERS_AT_ONCE)) return visit;
      const at = dice.between(visit.indexOf(order) + 1, visit.length);
      return [...visit.slice(0, at), reportAbout(order, true), ...visit.slice(at)];
    };
    round.visits = round.visits.map(reportInVisit);
    round.meanwhile = round.meanwhile.map(reportInVisit);
  }
  for (let n = 0; n < ACCOUNTS; n += 1) {
    const account = opensAccount(tag, n);
    opening.push([account]);
    for (let report = 0; report < REPORTS_PER_ACCOUNT; report += 1)
      rounds[dice.below(rounds.length)]?.visits.push([reportAbout(account, false)]);
  }
}

function isOurOrder({ path, again }: Step): boolean {
  return path === "/orders" && again === undefined;
}

function opensAccount(tag: string, n: number): Step {
  const body = { email: `own${n}@${tag}.example`, name: `Owner ${n}` };
  return { name: `account-${tag}-${n}`, method: "POST", path: "/users", body, pauseMs: 0 };
}

function orderReport(
  name: string,
  { about, product, dice }: { about: Step; product: string; dice: Dice },
): Step["body"] {
  const { user_id } = about.body;
  return {
    event_id: name,
    ...dice.pick<ForeignFact>(foreignOrderFacts(name, product)),
    user_id,
    order_id: "{made}",
  };
}

function userReport(name: string, dice: Dice): Step["body"] {
  return { event_id: name, ...dice.pick<ForeignFact>(foreignUserFacts(name)), user_id: "{made}" };
}
