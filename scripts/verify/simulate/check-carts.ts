import type { CartFact } from "./cart-model.ts";
import type { Difference } from "./difference.ts";
import type { Found } from "./found.ts";
import type { CartLife, Patience, Silence } from "./silences.ts";
import { isDue, livesOf, mayAnnounce } from "./silences.ts";

export interface CartBooks {
  /** By shopper. */
  facts: readonly CartFact[][];
  /** Until then everything was settled, by the shop's clock. */
  settledMs: number;
  patience: Patience;
}

/** Every cart as its shopper left it, and announced as abandoned once for each time it was left alone. */
export function cartDifferences({ facts, settledMs, patience }: CartBooks, found: Found): Difference[] {
  const announced = Map.groupBy(
    found.archive.filter(({ event_type }) => event_type === "cart.abandoned"),
    ({ event }) => String(event.payload.cart_id),
  );
  const lives = facts.flatMap(shopper => livesOf(shopper, patience));
  return lives.flatMap(life => {
    const events = (announced.get(life.cart) ?? []).map(({ event_id, event }) => ({
      id: event_id,
      atMs: Date.parse(event.received_at),
      cycle: Number(event.payload.cycle),
    }));
    return [
      ...cycleDifferences(life, events),
      ...silenceDifferences(life, events, { settledMs, patience }),
      ...documentDifferences(life, found),
    ];
  });
}

interface Announced {
  id: string;
  atMs: number;
  cycle: number;
}

function cycleDifferences({ cart }: CartLife, events: readonly Announced[]): Difference[] {
  return [...Map.groupBy(events, ({ cycle }) => cycle)]
    .filter(([, same]) => same.length > 1)
    .map(([cycle, same]) => ({
      about: `cart ${cart}`,
      expected: `one cart.abandoned of its cycle ${cycle}`,
      found: same.map(({ id }) => id).join(", "),
    }));
}

/** Gives each announcement to the earliest silence that it can be of: what is left on either side is wrong. */
function silenceDifferences(
  { cart, silences }: CartLife,
  events: readonly Announced[],
  { settledMs, patience }: { settledMs: number; patience: Patience },
): Difference[] {
  const quiet = new Set(silences);
  const differences: Difference[] = [];
  for (const { id, atMs } of [...events].sort((a, b) => a.atMs - b.atMs)) {
    const its = [...quiet].find(silence => mayAnnounce(silence, atMs, patience));
    if (its) quiet.delete(its);
    else {
      differences.push({
        about: `cart ${cart}`,
        expected: `no cart.abandoned at ${timeOf(atMs)}: it was ${silences.map(silenceText).join(", ") || "bought or empty"}`,
        found: id,
      });
    }
  }
  for (const silence of [...quiet].filter(one => isDue(one, settledMs, patience))) {
    differences.push({
      about: `cart ${cart}`,
      expected: `a cart.abandoned: it was ${silenceText(silence)}`,
      found: "none",
    });
  }
  return differences;
}

function silenceText({ lastMs, endFromMs }: Silence): string {
  return `left alone from ${timeOf(lastMs)} to ${timeOf(endFromMs)}`;
}

function timeOf(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : "the end";
}

function documentDifferences({ cart, last }: CartLife, found: Found): Difference[] {
  const document = found.carts.get(cart);
  const expected = [...last.lines].map(([product, { quantity }]) => `${quantity} ${product}`).sort();
  const lines = (document?.lines ?? []).map(line => `${line.quantity} ${line.product_id}`).sort();
  const differences: Difference[] = [];
  const differ = (wanted: string, seen: string) =>
    differences.push({ about: `cart ${cart}`, expected: wanted, found: seen });
  if (String(lines) !== String(expected)) {
    differ(`to hold ${expected.join(", ") || "nothing"}`, lines.join(", ") || "nothing");
  }
  const states = statesOf(last.lines.size > 0, last.isBought);
  if (!states.includes(document?.status ?? ""))
    differ(`to be ${states[0]}`, document?.status ?? "no such cart");
  return differences;
}

function statesOf(holdsSomething: boolean, isBought: boolean): string[] {
  if (holdsSomething) return ["abandoned", "reminded"];
  return [isBought ? "bought" : "open"];
}
