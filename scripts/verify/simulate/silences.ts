import type { CartFact, ModelCart } from "./cart-model.ts";
import { replay } from "./cart-model.ts";

/** A time in which something lay in a cart and nobody touched it. */
export interface Silence {
  /** Its last activity was heard between these. */
  fromMs: number;
  lastMs: number;
  /** It ended with what was heard between these; for ever where nothing came. */
  endFromMs: number;
  endToMs: number;
  /** Whether what was heard there may have started it anew, or changed nothing. */
  isCertain: boolean;
}

export interface CartLife {
  cart: string;
  silences: Silence[];
  last: ModelCart;
}

/** What is reported from outside may take so long to be known; a timer may be so late. */
export interface Patience {
  idleMs: number;
  lateMs: number;
}

interface Burst {
  facts: readonly CartFact[];
  fromMs: number;
  toMs: number;
}

/** How each cart of one shopper went: one replay after every burst of what was sent. */
export function livesOf(facts: readonly CartFact[], patience: Patience): CartLife[] {
  const ids = new Set(facts.flatMap(fact => (fact.kind === "order" ? [] : [fact.cart])));
  const bursts = burstsOf(facts);
  const after = bursts.map((_, index) => replay(bursts.slice(0, index + 1).flatMap(burst => burst.facts)));
  return [...ids].map(cart => ({
    cart,
    silences: silencesOf(
      cart,
      bursts.map((burst, index) => ({ burst, cart: after[index]?.get(cart) })),
      patience,
    ),
    last: after.at(-1)?.get(cart) ?? { lines: new Map(), isBought: false, sessions: new Set() },
  }));
}

function burstsOf(facts: readonly CartFact[]): Burst[] {
  return [...Map.groupBy(facts, fact => fact.burst)]
    .sort(([a], [b]) => a - b)
    .map(([, together]) => ({
      facts: together,
      fromMs: Math.min(...together.map(fact => fact.fromMs)),
      toMs: Math.max(...together.map(fact => fact.toMs)),
    }));
}

interface After {
  burst: Burst;
  cart: ModelCart | undefined;
}

function silencesOf(id: string, history: readonly After[], patience: Patience): Silence[] {
  const silences: Silence[] = [];
  let open: Silence | undefined;
  for (const { burst, cart, isVisited, isChanged } of concerning(id, history)) {
    if (open && !isChanged && isInTime(open, burst, patience)) {
      open.lastMs = burst.toMs;
      continue;
    }
    if (open) end(open, burst, { id, ...patience });
    // An order that leaves something is no activity of the shopper's: an open cart goes on being quiet.
    const fromMs = !isVisited && open ? open.fromMs : burst.fromMs;
    open = cart?.lines.size ? quietSince(fromMs, burst.toMs, isChanged) : undefined;
    if (open) silences.push(open);
  }
  return silences;
}

/** The bursts that touched or changed a cart. */
function concerning(id: string, history: readonly After[]) {
  let before = "";
  const seen = history.map(({ burst, cart }) => {
    const isVisited = burst.facts.some(fact => fact.kind !== "order" && fact.cart === id);
    const now = textOf(cart);
    const isChanged = now !== before;
    before = now;
    return { burst, cart, isVisited, isChanged };
  });
  return seen.filter(({ isVisited, isChanged }) => isVisited || isChanged);
}

/** Touched and left as it was, in time: it may have been quiet since then, or since before. */
function isInTime({ fromMs }: Silence, { toMs }: Burst, { idleMs }: Patience): boolean {
  return toMs < fromMs + idleMs;
}

function quietSince(fromMs: number, lastMs: number, isCertain: boolean): Silence {
  const [endFromMs, endToMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  return { fromMs, lastMs, endFromMs, endToMs, isCertain };
}

function end(silence: Silence, burst: Burst, { id, lateMs }: { id: string; lateMs: number }): void {
  const checkout = burst.facts.find(fact => fact.kind === "order" && fact.closesAtOnce && fact.cart === id);
  silence.endFromMs = burst.fromMs;
  // Nothing may be announced of a cart after its checkout has answered; all else has to be heard first.
  silence.endToMs = checkout ? checkout.toMs : burst.toMs + lateMs;
}

function textOf(cart: ModelCart | undefined): string {
  if (!cart) return "";
  const lines = [...cart.lines].map(([product, line]) => [product, line.quantity, line.addedAtMs]);
  return JSON.stringify([lines.sort(), cart.isBought]);
}

/** Whether the announcement of this silence has to be there, given that all was settled at a time. */
export function isDue(silence: Silence, settledMs: number, { idleMs, lateMs }: Patience): boolean {
  const quietUntilMs = Math.min(silence.endFromMs, settledMs);
  return silence.isCertain && quietUntilMs - silence.lastMs >= idleMs + lateMs;
}

export function mayAnnounce(silence: Silence, atMs: number, { idleMs }: Patience): boolean {
  return silence.fromMs + idleMs <= atMs && atMs <= silence.endToMs;
}
