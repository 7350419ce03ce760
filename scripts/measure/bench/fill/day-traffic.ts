import { DAY_MS, MINUTE_MS } from "../../../../shared/values/durations.ts";
import type { Shelves, ShopProduct } from "./products.ts";
import { Chance, productsOf, tasteOf } from "./products.ts";
import type { TimedEvent } from "./sessions.ts";
import { SessionPlanner } from "./sessions.ts";

/** A user who visited in the month before the day, with the shown interests. */
export interface RegularUser {
  user_id: string;
  interests: { product_id: string; interest: "viewed" | "carted" | "ordered"; at_ms: number }[];
}

export interface DayOptions {
  seed: number;
  /** Number of reported events. The shop announces further ones. */
  events: number;
  /** The day as YYYY-MM-DD. */
  day: string;
}

const DAY_MINUTES = 24 * 60;
const MAX_GROUPS = 40;
/** Number of regular users per event of the day. */
const REGULARS = 0.15;

/**
 * Events of one day of a shop, in the order of time. The shares follow the published data of RetailRocket and REES46:
 * 97 % views and searches, 2.5 % adds to carts, 0.8 % orders. A visitor makes two events, and a third of the carts is
 * bought. Each visitor likes two groups of products and views mostly these, otherwise popular products. The
 * recommendations should find these groups.
 */
export class DayTraffic {
  readonly goods: readonly ShopProduct[];
  readonly #options: DayOptions;
  readonly #shelves: Shelves;
  readonly #startMs: number;
  readonly #regularCount: number;

  constructor(options: DayOptions) {
    const { seed, events, day } = options;
    const groups = Math.max(2, Math.min(MAX_GROUPS, Math.floor(events / 1_000)));
    this.goods = productsOf(groups);
    this.#options = options;
    this.#shelves = { seed, groups, products: this.goods };
    this.#startMs = Date.parse(day);
    this.#regularCount = Math.max(20, Math.round(events * REGULARS));
  }

  /** Generates the regular users. */
  *regulars(): Generator<RegularUser> {
    const chance = new Chance(this.#options.seed, "history");
    for (let n = 0; n < this.#regularCount; n += 1) {
      const nextProduct = tasteOf(`r${n}`, this.#shelves, chance);
      const interests = Array.from({ length: 3 + chance.below(9) }, () => ({
        product_id: nextProduct().product_id,
        interest: chance.one(0.9) ? "viewed" : chance.one(0.6) ? "carted" : "ordered",
        at_ms: this.#startMs - 1 - chance.below(30 * DAY_MS),
      })) satisfies RegularUser["interests"];
      yield { user_id: `usr_r${n}`, interests };
    }
  }

  /** Generates the events of the day. A session begins in each minute until the minute's share is reached. */
  *events(): Generator<TimedEvent> {
    const startMs = this.#startMs;
    const chance = new Chance(this.#options.seed, "day");
    const planner = new SessionPlanner({
      shelves: this.#shelves,
      chance,
      regularCount: this.#regularCount,
      endMs: startMs + DAY_MS,
    });
    const minutes: TimedEvent[][] = Array.from({ length: DAY_MINUTES }, () => []);
    for (const [minute, own] of minutes.entries()) {
      const wanted = Math.round(this.#options.events * shareUntil(minute));
      while (planner.events < wanted) {
        for (const one of planner.plan(startMs + minute * MINUTE_MS + chance.below(MINUTE_MS)))
          minutes[Math.floor((one.atMs - startMs) / MINUTE_MS)]?.push(one);
      }
      yield* own.sort((left, right) => left.atMs - right.atMs);
      own.length = 0;
    }
  }
}

/** Creates the traffic of a day. The same options give the same traffic. */
export function createDayTraffic(options: DayOptions): DayTraffic {
  return new DayTraffic(options);
}

/** The busiest time as a part of the day, and its traffic above the mean. */
const BUSIEST_AT = 0.83;
const UNEVEN = 0.6;

/** Returns the share of the day's traffic up to the end of a minute. Most traffic comes in the evening. */
function shareUntil(minute: number): number {
  const part = (minute + 1) / DAY_MINUTES;
  const wave = (at: number): number => Math.sin(2 * Math.PI * (at - BUSIEST_AT + 0.5)) / (2 * Math.PI);
  return part + UNEVEN * (wave(0) - wave(part));
}
