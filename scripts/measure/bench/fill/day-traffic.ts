import { DAY_MS, MINUTE_MS } from "../../../../shared/values/durations.ts";
import { createDraws } from "../../../local-cloud/faults/fault-draws.ts";
import type { ReportedEvent } from "../shop-traffic.ts";

/**
 * A day of a shop, in the order of its moments. Shares as RetailRocket and REES46 published theirs: two events a
 * visitor, 97 % views and searches, 2.5 % put into carts, 0.8 % orders; a third of the carts is bought. Whoever comes
 * likes two groups of products, looks mostly at these and else at what everybody looks at: the planted affinities.
 */
export interface DayTraffic {
  goods: readonly Goods[];
  /** Those who have been here in the month before, and what they did then. */
  regulars(): Iterable<Regular>;
  events(): Iterable<Timed>;
}

export interface Goods {
  product_id: string;
  price: number;
  stock: number;
  /** At this stock somebody wants to be told; null: nobody does. */
  threshold: number | null;
}

export interface Regular {
  user_id: string;
  did: { product_id: string; interest: "viewed" | "carted" | "ordered"; at_ms: number }[];
}

/** An event and its moment, in milliseconds. */
export interface Timed {
  atMs: number;
  event: ReportedEvent;
}

export interface DayOptions {
  seed: number;
  /** How many are reported; what the shop itself announces comes on top. */
  events: number;
  /** As YYYY-MM-DD. */
  day: string;
}

const DAY_MINUTES = 24 * 60;

const GOODS_OF_A_GROUP = 50;
const MOST_GROUPS = 40;
/** So many are known for each event of the day: three sessions of ten are theirs. */
const REGULARS = 0.15;
const BY_A_REGULAR = 0.3;
/** What is looked at out of one's own interest; the rest is what everybody looks at. */
const OWN_INTEREST = 0.7;
const SEARCHED = 0.13;
const WITH_CART = 0.044;
const BOUGHT = 0.32;

/** The same day for the same seed. */
export function createDayTraffic({ seed, events, day }: DayOptions): DayTraffic {
  const chanceOf = createChance(seed);
  const groups = Math.max(2, Math.min(MOST_GROUPS, Math.floor(events / 1_000)));
  const goods = goodsOf(groups);
  const startMs = Date.parse(day);
  const regularCount = Math.max(20, Math.round(events * REGULARS));
  return {
    goods,
    *regulars() {
      const chance = chanceOf("history");
      for (let n = 0; n < regularCount; n += 1) {
        const like = tasteOf({ user: `r${n}`, seed, groups, goods, chance });
        const did = Array.from({ length: 3 + chance.below(9) }, () => ({
          product_id: like().product_id,
          interest: chance.one(0.9) ? "viewed" : chance.one(0.6) ? "carted" : "ordered",
          at_ms: startMs - 1 - chance.below(30 * DAY_MS),
        })) satisfies Regular["did"];
        yield { user_id: `usr_r${n}`, did };
      }
    },
    *events() {
      const chance = chanceOf("day");
      const plan = createSessions({ seed, groups, goods, chance, regularCount, endMs: startMs + DAY_MS });
      const minutes: Timed[][] = Array.from({ length: DAY_MINUTES }, () => []);
      for (const [minute, own] of minutes.entries()) {
        const wanted = Math.round(events * shareUntil(minute));
        while (plan.planned() < wanted) {
          for (const one of plan.session(startMs + minute * MINUTE_MS + chance.below(MINUTE_MS)))
            minutes[Math.floor((one.atMs - startMs) / MINUTE_MS)]?.push(one);
        }
        yield* own.sort((left, right) => left.atMs - right.atMs);
        own.length = 0;
      }
    },
  };
}

/** Of a day's traffic, what has come by the end of a minute: least before dawn, most in the evening. */
function shareUntil(minute: number): number {
  const part = (minute + 1) / DAY_MINUTES;
  const wave = (at: number): number => Math.sin(2 * Math.PI * (at - MOST_AT + 0.5)) / (2 * Math.PI);
  return part + UNEVEN * (wave(0) - wave(part));
}

/** The busiest minute, as a part of the day, and how much more than the mean comes then. */
const MOST_AT = 0.83;
const UNEVEN = 0.6;

type Chance = ReturnType<ReturnType<typeof createChance>>;

function createChance(seed: number) {
  const { draw } = createDraws(seed);
  return (series: string) => ({
    one: (share: number): boolean => draw(series) < share,
    below: (limit: number): number => Math.floor(draw(series) * limit),
    /** The logarithm of Zipf's law with s = 1: every tenfold rank is drawn as often as the one before. */
    popular: (limit: number): number => Math.min(Math.floor((limit + 1) ** draw(series)) - 1, limit - 1),
    /** The busiest of a thousand make as much as three in a hundred of a thousand even ones. */
    busy: (limit: number): number => Math.floor(limit * draw(series) ** 2),
  });
}

/** In the order of what everybody looks at: the groups take turns, so that what is popular is first in each. */
function goodsOf(groups: number): Goods[] {
  return Array.from({ length: groups * GOODS_OF_A_GROUP }, (_, place) => ({
    product_id: `prod_${place % groups}_${Math.floor(place / groups)}`,
    price: (999 + ((place * 7_919) % 20_000)) / 100,
    stock: 40 + ((place * 31) % 2_000),
    threshold: place % 10 === 0 ? 20 : null,
  }));
}

interface Taste {
  user: string;
  seed: number;
  groups: number;
  goods: readonly Goods[];
  chance: Chance;
}

/** What somebody looks at: two groups are theirs, whoever asks and whenever. */
function tasteOf({ user, seed, groups, goods, chance }: Taste): () => Goods {
  const { draw } = createDraws(seed);
  const [one, other] = [draw(`taste ${user}`), draw(`taste ${user}`)].map(n => Math.floor(n * groups));
  return () => {
    const group = (chance.one(0.5) ? one : other) ?? 0;
    const place = chance.one(OWN_INTEREST)
      ? chance.popular(GOODS_OF_A_GROUP) * groups + group
      : chance.popular(goods.length);
    return goods[place] ?? goods[0] ?? NOTHING;
  };
}

const NOTHING: Goods = { product_id: "prod_none", price: 1, stock: 0, threshold: null };

interface Visitors extends Omit<Taste, "user"> {
  regularCount: number;
  /** What would happen later happens in the last moment. */
  endMs: number;
}

/** Plans one visit after the other. */
function createSessions({ regularCount, endMs, ...about }: Visitors) {
  const { chance, seed } = about;
  let planned = 0;
  let newcomers = 0;
  let sessions = 0;
  return {
    planned: () => planned,
    session(startMs: number): Timed[] {
      const steps: Timed[] = [];
      const user = chance.one(BY_A_REGULAR) ? `r${chance.busy(regularCount)}` : `n${newcomers}`;
      if (user === `n${newcomers}`) newcomers += 1;
      sessions += 1;
      const ids = { user_id: `usr_${user}`, session_id: `sess_${seed}_${sessions}` };
      const like = tasteOf({ ...about, user });
      let atMs = startMs;
      const step = (event: Record<string, unknown>, afterMs = 5_000 + chance.below(90_000)): void => {
        planned += 1;
        const event_id = `evt_${seed}_${planned}`;
        const timestamp = new Date(atMs).toISOString();
        steps.push({ atMs, event: { event_id, timestamp, ...event } as ReportedEvent });
        atMs = Math.min(atMs + afterMs, endMs - 1);
      };
      const look = (): Goods => {
        const seen = like();
        const { product_id, price } = seen;
        if (chance.one(SEARCHED))
          step({
            event_type: "search.performed",
            ...ids,
            payload: { query: `thing ${product_id.slice(5)}`, results_count: chance.below(100) },
          });
        else
          step({
            event_type: "product.viewed",
            ...ids,
            payload: { product_id, product_name: `The thing ${product_id}`, price },
          });
        return seen;
      };
      const isShopping = chance.one(WITH_CART);
      let looks = isShopping ? 2 + chance.below(4) : 1;
      while (!isShopping && looks < 40 && chance.one(0.4)) looks += 1;
      const seen = Array.from({ length: looks }, look);
      if (isShopping) shop(seen, { ids, step, chance, order_id: `ord_${seed}_${sessions}` });
      return steps;
    },
  };
}

interface Shopping {
  ids: { user_id: string; session_id: string };
  step(event: Record<string, unknown>, afterMs?: number): void;
  chance: Chance;
  order_id: string;
}

/** Something of what was seen is put into a cart; a third of the carts is bought, and nearly all of that paid. */
function shop(seen: readonly Goods[], { ids, step, chance, order_id }: Shopping): void {
  const wanted = new Map(seen.slice(0, chance.one(0.2) ? 2 : 1).map(one => [one.product_id, one]));
  const items = [...wanted.values()].map(({ product_id, price }) => {
    const item = { product_id, quantity: 1, unit_price: price };
    step({ event_type: "cart.item_added", ...ids, payload: item });
    return item;
  });
  if (chance.one(0.06))
    step({
      event_type: "cart.item_removed",
      ...ids,
      payload: { product_id: items[0]?.product_id, quantity: 1 },
    });
  if (!chance.one(BOUGHT)) return;
  const { user_id, session_id } = ids;
  const about = { order_id, user_id };
  const total = Math.round(items.reduce((sum, { unit_price }) => sum + unit_price, 0) * 100) / 100;
  const email = `${user_id}@shop.example`;
  step({
    event_type: "order.placed",
    ...about,
    session_id,
    payload: { items, total, currency: "USD", email },
  });
  const money = { amount: total, currency: "USD" };
  if (chance.one(0.92)) step({ event_type: "order.paid", ...about, payload: money });
  else step({ event_type: "payment.failed", ...about, payload: { error: "insufficient funds" } });
  if (chance.one(0.03)) {
    const refund = { ...money, refund_id: `ref_${about.order_id}`, items: items.slice(0, 1) };
    step({ event_type: "refund.issued", ...about, payload: refund });
  }
}
