import type { Dice } from "./dice.ts";
import { createDice } from "./dice.ts";
import type { Day, Goods, Step } from "./step.ts";

/** Share of the watched goods that run low in the first round. */
const RUNS_LOW = 0.25;
/** Share of the rounds in which a supplier of such goods delivers. */
const DELIVERS = 0.6;
/** Max real milliseconds until the first supplier order is open, while functions are killed and restarted. */
const FIRST_ORDER_MS = 20_000;

type Body = Readonly<Record<string, unknown>>;

/**
 * Plans goods that run low, and the receipts of what is then ordered from their suppliers. One of them is low already at
 * the opening, and its supplier delivers in every round. The draws have dice of their own, so the other requests of a
 * seed stay the same.
 */
export function planSupply({ tag, goods, opening, rounds }: Day, seed: number): void {
  const dice = createDice(seed, "supply");
  const watched = goods.filter(({ supplier, threshold }) => supplier && threshold !== null);
  for (const [index, product] of watched.entries()) {
    const isFirst = index === 0;
    if (!isFirst && !dice.chance(RUNS_LOW)) continue;
    const name = `supply-${tag}-${product.product_id}`;
    const losses = runsLow(product, name, dice);
    const created = opening.findIndex(([put]) => put?.path === `/products/${product.product_id}`);
    if (isFirst) opening[created] = [...(opening[created] ?? []), ...losses];
    else rounds[0]?.visits.unshift(losses);
    for (const [number, round] of rounds.entries()) {
      if (!isFirst && (number === 0 || !dice.chance(DELIVERS))) continue;
      const receives = { product_id: product.product_id, withinMs: number === 0 ? FIRST_ORDER_MS : 0 };
      round.visits.unshift(delivery(receives, `${name}-${number}`, dice));
    }
  }
}

/** Plans a loss down to the threshold, and sometimes units that are found and lost again. */
function runsLow({ product_id, stock, threshold }: Goods, name: string, dice: Dice): Step[] {
  const lost = Math.max(stock - (threshold ?? 0) + dice.between(-1, 4), 1);
  const flaps = Array.from({ length: dice.below(3) }, () => dice.between(1, 6)).flatMap(units => [
    units,
    -units,
  ]);
  return [-lost, ...flaps].map((delta, index) => ({
    name: `${name}-move-${index}`,
    method: "POST",
    path: `/products/${product_id}/stock`,
    body: { delta, reason: "counted" },
    pauseMs: dice.between(2, 12),
  }));
}

/** Plans a receipt of all open units or of some units, which may be too many, and its repeat. */
function delivery(receives: Step["receives"], name: string, dice: Dice): Step[] {
  const units = dice.between(1, 40);
  const note = dice.chance(0.5) ? { receipt_id: `note_${name}` } : {};
  const body = {
    ...dice.pick<Body>([{}, { quantity: units }, { quantity: units, complete: true }]),
    ...note,
  };
  const path = "/supplier-orders/{supplier_order}/receipt";
  const step: Step = { name, method: "POST", path, body, receives, pauseMs: dice.between(2, 12) };
  return dice.chance(0.3) ? [step, { ...step, name: `${name} again`, again: name }] : [step];
}
