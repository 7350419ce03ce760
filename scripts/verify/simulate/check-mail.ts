import type { Difference } from "./difference.ts";
import type { Effect, Found } from "./found.ts";
import type { Goods } from "./step.ts";

const SEND_MAIL = "send-mail~";

/**
 * A mail that counts as sent is in an inbox, and once, unless a try of it was lost: then it may have gone twice, under
 * the same Message-ID. One that counts as not sent is in none.
 */
export function mailDifferences({ effects, mails }: Found): Difference[] {
  const seen = Map.groupBy(mails, ({ message_id }) => message_id.replace(/^<([^@]*)@.*$/, "$1"));
  return effects
    .filter(({ id }) => id.startsWith(SEND_MAIL))
    .flatMap(effect => {
      const count = seen.get(effect.id.replace("~", "."))?.length ?? 0;
      const [least, most] = timesOf(effect);
      if (count >= least && count <= most) return [];
      const expected = `${effect.state}: ${least === most ? least : `${least} to ${most}`} in the inbox`;
      return [{ about: `effect ${effect.id}`, expected, found: String(count) }];
    });
}

function timesOf({ state, lost }: Effect): [least: number, most: number] {
  if (state === "sent") return [1, 1 + lost];
  return [0, state === "unknown" ? lost : 0];
}

/** Nobody knows of these whether the world has seen them: no fault of the shop, but somebody has to be told. */
export function unknownEffects({ effects }: Found): string[] {
  return effects.filter(({ state }) => state === "unknown").map(({ id, reason = "" }) => `${id}: ${reason}`);
}

/** The supplier of what ran low was asked once for each time it did; where there is no supplier, nobody was. */
export function supplierDifferences(
  goods: readonly Goods[],
  { archive, supplierOrders }: Found,
): Difference[] {
  return goods.flatMap(({ product_id: id, supplier }) => {
    const alerts = archive.filter(
      ({ event_type, event }) =>
        event_type === "inventory.low_stock_alert" && event.payload.product_id === id,
    ).length;
    const expected = supplier ? alerts : 0;
    const asked = supplierOrders.filter(({ product_id }) => product_id === id).length;
    if (asked === expected) return [];
    return [{ about: id, expected: `${expected} supplier orders`, found: String(asked) }];
  });
}
