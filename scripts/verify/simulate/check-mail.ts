import type { Difference } from "./difference.ts";
import type { Effect, ShopState } from "./shop-state.ts";

const SEND_MAIL = "send-mail~";

/**
 * Checks that a sent mail is in the inbox once, and an unsent mail is not there. After an attempt without a known result the
 * inbox may hold one copy more, under the same Message-ID.
 */
export function mailDifferences({ effects, mails }: ShopState): Difference[] {
  const byEffect = Map.groupBy(mails, ({ message_id }) => message_id.replace(/^<([^@]*)@.*$/, "$1"));
  return effects
    .filter(({ id }) => id.startsWith(SEND_MAIL))
    .flatMap(effect => {
      const count = byEffect.get(effect.id.replace("~", "."))?.length ?? 0;
      const [least, most] = allowedCopies(effect);
      if (count >= least && count <= most) return [];
      const expected = `${effect.state}: ${least === most ? least : `${least} to ${most}`} in the inbox`;
      return [{ about: `effect ${effect.id}`, expected, found: String(count) }];
    });
}

function allowedCopies({ state, lost }: Effect): [least: number, most: number] {
  if (state === "sent") return [1, 1 + lost];
  return [0, state === "unknown" ? lost : 0];
}

/** Lists effects without a known result. These are no fault of the shop, but an operator has to decide about them. */
export function unknownEffects({ effects }: ShopState): string[] {
  return effects.filter(({ state }) => state === "unknown").map(({ id, reason = "" }) => `${id}: ${reason}`);
}
