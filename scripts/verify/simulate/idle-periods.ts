import type { CartFact, ModelCart } from "./cart-model.ts";
import { replayCarts } from "./cart-model.ts";

/** A time in which a cart held items and no shopper changed it. All times are bounds: receipt is known to a range. */
export interface IdlePeriod {
  /** The shop received the last activity between these two times. */
  fromMs: number;
  lastMs: number;
  /** The shop received the end of the period between these two times; infinite without an end. */
  endFromMs: number;
  endToMs: number;
  /** False when the last activity may have started a new period or changed nothing. */
  isCertain: boolean;
}

export interface CartHistory {
  cart: string;
  periods: IdlePeriod[];
  last: ModelCart;
}

export interface IdleLimits {
  /** Idle time after which a cart is abandoned. */
  idleMs: number;
  /** Max delay of a timer, and of a report from another system. */
  lateMs: number;
}

interface FactBurst {
  facts: readonly CartFact[];
  fromMs: number;
  toMs: number;
}

/** Computes the history of each cart of one shopper, with one replay after every burst. */
export function cartHistories(facts: readonly CartFact[], limits: IdleLimits): CartHistory[] {
  const ids = new Set(facts.flatMap(fact => (fact.kind === "order" ? [] : [fact.cart])));
  const bursts = burstsOf(facts);
  const after = bursts.map((_, index) =>
    replayCarts(bursts.slice(0, index + 1).flatMap(burst => burst.facts)),
  );
  return [...ids].map(cart => ({
    cart,
    periods: idlePeriods(
      cart,
      bursts.map((burst, index) => ({ burst, cart: after[index]?.get(cart) })),
      limits,
    ),
    last: after.at(-1)?.get(cart) ?? { lines: new Map(), isBought: false },
  }));
}

function burstsOf(facts: readonly CartFact[]): FactBurst[] {
  return [...Map.groupBy(facts, fact => fact.burst)]
    .sort(([a], [b]) => a - b)
    .map(([, together]) => ({
      facts: together,
      fromMs: Math.min(...together.map(fact => fact.fromMs)),
      toMs: Math.max(...together.map(fact => fact.toMs)),
    }));
}

interface CartAfterBurst {
  burst: FactBurst;
  cart: ModelCart | undefined;
}

function idlePeriods(id: string, history: readonly CartAfterBurst[], limits: IdleLimits): IdlePeriod[] {
  const periods: IdlePeriod[] = [];
  let open: IdlePeriod | undefined;
  for (const { burst, cart, isVisited, isChanged } of burstsOfCart(id, history)) {
    if (open && !isChanged && isInTime(open, burst, limits)) {
      open.lastMs = burst.toMs;
      continue;
    }
    if (open) endPeriod(open, { burst, isVisited }, { id, ...limits });
    // An order that leaves items is no activity of the shopper: an open cart remains idle.
    const fromMs = !isVisited && open ? open.fromMs : burst.fromMs;
    open = cart?.lines.size ? idleSince(fromMs, burst.toMs, isChanged) : undefined;
    if (open) periods.push(open);
  }
  return periods;
}

/** Selects the bursts that touched or changed a cart. */
function burstsOfCart(id: string, history: readonly CartAfterBurst[]) {
  let before = "";
  const all = history.map(({ burst, cart }) => {
    const isVisited = burst.facts.some(fact => fact.kind !== "order" && fact.cart === id);
    const now = textOf(cart);
    const isChanged = now !== before;
    before = now;
    return { burst, cart, isVisited, isChanged };
  });
  return all.filter(({ isVisited, isChanged }) => isVisited || isChanged);
}

/** Tells whether a burst without a change came in time. The cart may be idle since the burst, or since before. */
function isInTime({ fromMs }: IdlePeriod, { toMs }: FactBurst, { idleMs }: IdleLimits): boolean {
  return toMs < fromMs + idleMs;
}

function idleSince(fromMs: number, lastMs: number, isCertain: boolean): IdlePeriod {
  const [endFromMs, endToMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  return { fromMs, lastMs, endFromMs, endToMs, isCertain };
}

function endPeriod(
  period: IdlePeriod,
  { burst, isVisited }: { burst: FactBurst; isVisited: boolean },
  { id, lateMs }: { id: string; lateMs: number },
): void {
  const orders = burst.facts.filter(fact => fact.kind === "order");
  const named = orders.find(order => order.coversAtOnce && order.cart === id);
  // Without a visit, only the orders of the burst changed the cart.
  const elsewhere = !isVisited && orders.every(order => order.coversAtOnce) ? orders.at(-1) : undefined;
  const checkout = named ?? elsewhere;
  period.endFromMs = burst.fromMs;
  // After the answer of checkout no announcement is allowed. Every other fact must first reach its reaction.
  period.endToMs = checkout ? checkout.toMs : burst.toMs + lateMs;
}

function textOf(cart: ModelCart | undefined): string {
  if (!cart) return "";
  const lines = [...cart.lines].map(([product, line]) => [product, line.quantity, line.addedAtMs]);
  return JSON.stringify([lines.sort(), cart.isBought]);
}

/**
 * Tells whether a period must have been announced.
 * @param finishedMs the time at which all work had finished
 */
export function mustAnnounce(
  period: IdlePeriod,
  finishedMs: number,
  { idleMs, lateMs }: IdleLimits,
): boolean {
  const idleUntilMs = Math.min(period.endFromMs, finishedMs);
  return period.isCertain && idleUntilMs - period.lastMs >= idleMs + lateMs;
}

/** Tells whether an announcement at this time may belong to a period. */
export function mayAnnounce(period: IdlePeriod, atMs: number, { idleMs }: IdleLimits): boolean {
  return period.fromMs + idleMs <= atMs && atMs <= period.endToMs;
}
