import { commissions, affiliates as totals } from "../../shared/collections.ts";
import { PermanentError } from "../../shared/errors.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { commissionOf } from "../../shared/rules/commission.ts";

/**
 * Credits an affiliate with a share of each purchase that the affiliate brought, once per purchase. The buyer of a
 * purchase earns no commission for it.
 */
export const affiliates = reaction("affiliates", { "purchase.completed": credit });

async function credit(event: PulseCartEvent<"purchase.completed">, work: Work): Promise<Skip | void> {
  const { purchase_id, affiliate_id, amount } = event.payload;
  if (affiliate_id === undefined) return skip("the purchase has no affiliate_id");
  if (affiliate_id === event.user_id) return skip("the buyer and the affiliate are the same user");
  if (amount === undefined) throw new PermanentError("purchase has an affiliate_id but no amount");
  const { amount_minor, currency } = eventMoney(amount, event.payload.currency);
  const commission_minor = commissionOf(amount_minor);
  const credited_at_ms = Date.parse(event.received_at);
  // A second report of the purchase finds this document, so its unit of work is skipped.
  work.create(commissions, purchase_id, {
    purchase_id,
    affiliate_id,
    commission_minor,
    currency,
    credited_at_ms,
  });
  // A blind increment: every purchase of a busy affiliate writes this total.
  work.increment(totals, affiliate_id, { purchases: 1, [currency]: commission_minor });
}
