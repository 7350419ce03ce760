import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { Dice } from "./dice.ts";
import { createDice } from "./dice.ts";
import type { Shopper } from "./shopper.ts";
import { createShopper } from "./shopper.ts";
import type { Day, Goods, Planned, Round, Step, Visit } from "./step.ts";
import { INGEST } from "./step.ts";
import { live } from "./stories.ts";

export interface TrafficOptions {
  seed: number;
  /** What is sent, all in all: events, their repeats, commands. Some less or more, because nobody stops half-way. */
  events: number;
  /** Stands in every id, so that two runs on one PulseCart do not meet. */
  tag: string;
  /** The share of views and searches; 0.97 in a real shop. */
  flood?: number;
  /** Parts of the day; between two of them the clock goes on. */
  rounds?: number;
  /** After so long a cart counts as abandoned: the gaps are a part of it, or more than that. */
  idleMs?: number;
}

export const IDLE_MS = 2 * 60 * 60_000;

/** RetailRocket 96.7 %, REES46 96.1 % views. */
const BROWSE = 0.97;
const ROUNDS = 6;
/** A small run needs few, so that its orders meet on them. */
const MOST_GOODS = 40;
/** One in so many of those who do more than look. */
const WAREHOUSE = 1 / 40;
/** Due at once. */
const LONG_AGO = "2025-06-18T14:31:05.000Z";
const BAD = 1 / 25;
const SIGN_UP = 1 / 25;

/**
 * A shop day, decided by its seed: the flood of views and searches, carts that are left, come back for or bought,
 * orders of our checkout and of other systems, late and repeated events, clocks that are wrong, stock that moves.
 */
export function planDay(options: TrafficOptions): Day {
  const { seed, events, tag, flood = BROWSE } = options;
  const dice = createDice(seed, "day");
  const goods = goodsOf(tag, Math.min(MOST_GOODS, Math.ceil(events / 8)), createDice(seed, "goods"));
  const rounds = emptyRounds(dice, options);
  const browseSize = Math.round(events * flood);
  for (let n = 0; n < browseSize; n += 1) spread(rounds, look({ tag, n, dice, goods }), dice);
  let left = events - browseSize;
  for (let number = 0; left > 0; number += 1) {
    const shopper = createShopper({ tag, number, dice: createDice(seed, `shopper ${number}`), goods });
    if (dice.chance(WAREHOUSE)) moveStock(shopper, rounds.length);
    else if (dice.chance(SIGN_UP)) signUp(shopper, rounds.length);
    else live(shopper, rounds.length);
    if (dice.chance(BAD)) misbehave(shopper, rounds.length);
    settleIn(rounds, shopper.planned);
    left -= shopper.planned.length;
  }
  return { tag, goods, opening: goods.map(openingOf), rounds };
}

function goodsOf(tag: string, length: number, dice: Dice): Goods[] {
  return Array.from({ length }, (_, n) => ({
    product_id: `prod_${tag}_${n}`,
    price: dice.between(100, 20_000) / 100,
    stock: dice.between(5, 300),
    threshold: dice.chance(0.3) ? null : dice.between(0, 30),
    ...(dice.chance(0.7) && { supplier: { name: `Supplier ${n}`, email: `supplier${n}@${tag}.example` } }),
  }));
}

function openingOf({ product_id, ...rest }: Goods): Visit {
  const body = { name: `The simulated ${product_id}`, ...rest };
  return [{ name: `put-${product_id}`, method: "PUT", path: `/products/${product_id}`, body, pauseMs: 0 }];
}

/** Some gaps are short enough that no cart is abandoned in them, the others long enough that every one is. */
function emptyRounds(dice: Dice, { rounds = ROUNDS, idleMs = IDLE_MS }: TrafficOptions): Round[] {
  const percent = (n: number): number => (n % 2 === 0 ? dice.between(160, 230) : dice.between(10, 40));
  return Array.from({ length: rounds }, (_, n) => ({
    visits: [],
    meanwhile: [],
    gapMs: Math.round((idleMs / 100) * percent(n)),
  }));
}

interface Look {
  tag: string;
  n: number;
  dice: Dice;
  goods: readonly Goods[];
}

/** A view or a search; one in a hundred is reported twice, one in a hundred late. */
function look({ tag, n, dice, goods }: Look): Step[] {
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

/** What the warehouse counts, breaks and gets in. */
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
  // Another system asks for a mail to somebody: whether they want it is known there.
  const payload = {
    trigger: "campaign",
    channel: "email",
    template_id: "tpl_spring",
    scheduled_at: LONG_AGO,
  };
  if (shopper.dice.chance(0.7)) shopper.report({ event_type: "message.personalized_send", payload });
}

/** Clients with mistakes in them: what is no event, and another event under an id that was used. */
function misbehave(shopper: Shopper, rounds: number): void {
  const { dice } = shopper;
  const refused = { expect: "refused" as const };
  const payload = dice.pick<object>([{}, { product_id: "a lamp" }, { product_id: 7.5 }]);
  shopper.in(0).report({ event_type: dice.pick(["product.viewed", "product.seen"]), payload }, refused);
  const first = shopper.report({ event_type: "search.performed", payload: { query: "chair" } });
  const other = { event_type: "search.performed", event_id: first, payload: { query: "table" } };
  // Long after the first, so that it is known which of them came first.
  shopper.in(2 * (rounds - 1)).report(other, { expect: "conflict" });
}

/** Each burst of a shopper is a visit: its steps come one after the other. */
function settleIn(rounds: readonly Round[], planned: readonly Planned[]): void {
  for (const [burst, steps] of Map.groupBy(planned, one => one.burst)) {
    const round = rounds[Math.floor(burst / 2)];
    (burst % 2 === 0 ? round?.visits : round?.meanwhile)?.push(steps.map(({ step }) => step));
  }
}
