import { commissions, affiliates as totals } from "../../shared/collections.ts";
import { PermanentError } from "../../shared/errors.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import { commissionOf } from "../../shared/rules/commission.ts";

/** Credits whoever brought a buyer with their share, once for each purchase. */
export const affiliates = reaction("affiliates", {
  "purchase.completed": async ({ received_at, payload }, work) => {
    const { purchase_id, affiliate_id, amount } = payload;
    if (affiliate_id === undefined) return skip("nobody brought this buyer");
    if (amount === undefined)
      throw new PermanentError("the purchase names an affiliate, and no amount to take a share of");
    const { amount_minor, currency } = eventMoney(amount, payload.currency);
    const commission_minor = commissionOf(amount_minor);
    const credited_at_ms = Date.parse(received_at);
    // Whoever reports the purchase again finds this taken, and nothing is added.
    work.create(commissions, purchase_id, {
      purchase_id,
      affiliate_id,
      commission_minor,
      currency,
      credited_at_ms,
    });
    // Blind, because a busy affiliate's total is written by every purchase.
    work.increment(totals, affiliate_id, { purchases: 1, [currency]: commission_minor });
    return undefined;
  },
});
