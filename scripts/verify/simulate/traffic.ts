import { HOUR_MS, MINUTE_MS } from "../../../shared/values/durations.ts";
import type { Dice } from "./dice.ts";
import { createDice } from "./dice.ts";
import { planForeign } from "./foreign-traffic.ts";
import { Shopper } from "./shopper.ts";
import type { Day, Goods, Planned, Round, Step, Visit } from "./step.ts";
import { INGEST } from "./step.ts";
import { planStory } from "./stories.ts";
import { planSupply } from "./supply-traffic.ts";

export interface TrafficOptions {
  seed: number;
  /** Number of requests: events, repeats, commands. The real number differs a little: every shopper finishes the story. */
  events: number;
  /** A part of every id, so that two runs on one PulseCart do not mix. */
  tag: string;
  /** Share of views and searches; 0.97 by default, as in a real shop. */
  browseShare?: number;
  /** Parts of the day, with a move of the clock after each; 6 by default. */
  rounds?: number;
  /** Idle time after which a cart is abandoned. Gaps between rounds are shorter or longer than that. */
  idleMs?: number;
}

export const IDLE_MS = 2 * HOUR_MS;

/** Share of views and searches: RetailRocket has 96.7 % views, REES46 has 96.1 %. */
const BROWSE_SHARE = 0.97;
const ROUNDS = 6;
/** Max number of goods. Few goods let the orders of a small run compete for them. */
const MAX_GOODS = 40;
/** Share of the shoppers who are the warehouse. */
const WAREHOUSE = 1 / 40;
/** Planned time of campaign mails: in the past, so that they are due at once. */
const LONG_AGO = "2025-06-18T14:31:05.000Z";
/** Share of the shoppers whose client also sends faulty events. */
const BAD = 1 / 25;
/** Share of the shoppers who only register. */
const SIGN_UP = 1 / 25;

/**
 * Plans a shop day from its seed. The day has views and searches, carts that are left, resumed or bought, and orders. Our
 * checkout and other systems accept orders. There are late and repeated events, wrong clocks and stock moves.
 */
export function planDay(options: TrafficOptions): Day {
  const { seed, events, tag, browseShare = BROWSE_SHARE } = options;
  const dice = createDice(seed, "day");
  const goods = goodsOf(tag, Math.min(MAX_GOODS, Math.ceil(events / 8)), createDice(seed, "goods"));
  const rounds = emptyRounds(dice, options);
  const browseSize = Math.round(events * browseShare);
  for (let n = 0; n < browseSize; n += 1) spread(rounds, planBrowsing({ tag, n, dice, goods }), dice);
  let left = events - browseSize;
  for (let number = 0; left > 0; number += 1) {
    const shopper = new Shopper({ tag, number, dice: createDice(seed, `shopper ${number}`), goods });
    if (dice.chance(WAREHOUSE)) moveStock(shopper, rounds.length);
    else if (dice.chance(SIGN_UP)) signUp(shopper, rounds.length);
    else planStory(shopper, rounds.length);
    if (dice.chance(BAD)) misbehave(shopper, rounds.length);
    addVisits(rounds, shopper.planned);
    left -= shopper.planned.length;
  }
  const day = { tag, goods, opening: goods.map(openingOf), rounds };
  planSupply(day, seed);
  planForeign(day, seed);
  return day;
}

function goodsOf(tag: string, length: number, dice: Dice): Goods[] {
  return Array.from({ length }, (_, n) => ({
    product_id: `prod_${tag}_${n}`,
    price: dice.between(100, 20_000) / 100,
    stock: dice.between(5, 300),
    threshold: dice.chance(0.3) ? null : dice.between(0, 30),
    supplier: dice.chance(0.7) ? { name: `Supplier ${n}`, email: `supplier${n}@${tag}.example` } : undefined,
  }));
}

function openingOf({ product_id, ...rest }: Goods): Visit {
  const body = { name: `The simulated ${product_id}`, ...rest };
  return [{ name: `put-${product_id}`, method: "PUT", path: `/products/${product_id}`, body, pauseMs: 0 }];
}

/** Odd gaps are too short for a cart to be abandoned; even gaps are long enough for every cart. */
function emptyRounds(dice: Dice, { rounds = ROUNDS, idleMs = IDLE_MS }: TrafficOptions): Round[] {
  const percent = (n: number): number => (n % 2 === 0 ? dice.between(160, 230) : dice.between(10, 40));
  return Array.from({ length: rounds }, (_, n) => ({
    visits: [],
    meanwhile: [],
    gapMs: Math.round((idleMs / 100) * percent(n)),
  }));
}

interface BrowsingOptions {
  tag: string;
  n: number;
  dice: Dice;
  goods: readonly Goods[];
}

/** Plans a view or a search. One in a hundred is reported twice, one in a hundred late. */
function planBrowsing({ tag, n, dice, goods }: BrowsingOptions): Step[] {
  const user = `usr_${tag}_v${dice.below(500)}`;
  const ids = { user_id: user, session_id: `sess_${user}` };
  const event = dice.chance(0.15)
    ? { event_type: "search.performed", ...ids, payload: { query: `lamp ${dice.below(100)}` } }
    : {
        event_type: "product.viewed",
        ...ids,
        payload: { product_id: goods[dice.popular(goods.length)]?.product_id },
      };
  const name = `evt_${tag}_v${n}`;
  const ageMs = dice.chance(0.01) ? dice.between(60, 300) * MINUTE_MS : 0;
  const body = { event_id: name, ...event };
  const step: Step = { name, method: "POST", path: INGEST, body, ageMs, pauseMs: 0 };
  return dice.chance(0.01) ? [step, { ...step, name: `${name} again`, again: name, pauseMs: 5 }] : [step];
}

function spread(rounds: readonly Round[], visit: Visit, dice: Dice): void {
  rounds[dice.below(rounds.length)]?.visits.push(visit);
}

/** Plans the stock moves of the warehouse: deliveries, losses, corrections. */
function moveStock(warehouse: Shopper, rounds: number): void {
  const moves = warehouse.dice.between(1, 3);
  for (let n = 0; n < moves; n += 1) {
    const delta = warehouse.dice.chance(0.6) ? warehouse.dice.between(1, 50) : -warehouse.dice.between(1, 20);
    warehouse.in(2 * warehouse.dice.below(rounds)).moveStock(delta);
  }
}

function signUp(shopper: Shopper, rounds: number): void {
  const burst = 2 * shopper.dice.below(rounds);
  shopper.in(burst).signUp();
  // Another system asks for the mail; that system knows the consent.
  const payload = {
    trigger: "campaign",
    channel: "email",
    template_id: "tpl_spring",
    scheduled_at: LONG_AGO,
  };
  if (shopper.dice.chance(0.7)) shopper.report({ event_type: "message.personalized_send", payload });
}

/** Plans a faulty client: an invalid event, and another event under a used id. */
function misbehave(shopper: Shopper, rounds: number): void {
  const { dice } = shopper;
  const refused = { expect: "refused" as const };
  const payload = dice.pick<object>([{}, { product_id: "a lamp" }, { product_id: 7.5 }]);
  shopper.in(0).report({ event_type: dice.pick(["product.viewed", "product.seen"]), payload }, refused);
  const first = shopper.report({ event_type: "search.performed", payload: { query: "chair" } });
  const other = { event_type: "search.performed", event_id: first, payload: { query: "table" } };
  // In the last round, so that the first event is certainly received before.
  shopper.in(2 * (rounds - 1)).report(other, { expect: "conflict" });
}

/** Adds each burst of a shopper as one visit, whose steps are sent one after the other. */
function addVisits(rounds: readonly Round[], planned: readonly Planned[]): void {
  for (const [burst, steps] of Map.groupBy(planned, one => one.burst)) {
    const round = rounds[Math.floor(burst / 2)];
    (burst % 2 === 0 ? round?.visits : round?.meanwhile)?.push(steps.map(({ step }) => step));
  }
}
