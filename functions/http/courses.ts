import * as v from "valibot";
import { checkCustomer } from "../../shared/accounts/account.ts";
import type { Purchase } from "../../shared/collections.ts";
import { purchases } from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import { currency, id, money } from "../../shared/events/define.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import { bodyMoney } from "../../shared/http/body-money.ts";
import type { HttpAnswer, HttpRequest } from "../../shared/http/handler.ts";
import { idIn, noSuch } from "../../shared/http/path-id.ts";
import { invalidBody, validBody } from "../../shared/http/valid-body.ts";
import type { Command, Decision } from "../../shared/pipeline/command.ts";
import { command } from "../../shared/pipeline/command.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { fromMinor } from "../../shared/values/money.ts";

/** Owner of course purchases. The caller names the price, because PulseCart stores no course prices. */
export const courses = httpFunction("courses", {
  "POST /purchases": command("courses", recordPurchase),
  "GET /purchases/:id": getPurchase,
});

const purchaseBody = v.strictObject({
  user_id: id,
  course_id: id,
  amount: v.exactOptional(money),
  currency: v.exactOptional(currency),
  affiliate_id: v.exactOptional(id),
});

type PurchaseBody = v.InferOutput<typeof purchaseBody>;

/** Records a paid purchase and announces it. The answer does not wait for reactions. */
async function recordPurchase({ body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const asked = validBody(purchaseBody, body);
  const { user_id, course_id, affiliate_id } = asked;
  await checkCustomer(user_id, work);
  const purchaseId = newId("pur");
  const bought: Purchase = {
    purchase_id: purchaseId,
    user_id,
    course_id,
    ...amountOf(asked),
    affiliate_id,
    purchased_at_ms: nowMs,
    owned_by: "courses",
    owned_since_ms: nowMs,
  };
  work.create(purchases, purchaseId, bought);
  const { purchased_at: _known, user_id: _subject, ...payload } = purchaseView(bought);
  work.emit({ event_type: "purchase.completed", user_id, payload });
  return {
    status: 201,
    body: purchaseView(bought),
    headers: { location: `/purchases/${purchaseId}` },
    aggregate: purchaseId,
  };
}

/**
 * Converts the amount to minor units.
 * @returns no amount for a purchase without one; such a purchase earns no commission
 * @throws Problem 422 when an affiliate or a currency comes without an amount
 */
function amountOf(asked: PurchaseBody): Pick<Purchase, "amount_minor" | "currency"> {
  const { amount, affiliate_id, currency = config().defaultCurrency } = asked;
  if (amount !== undefined)
    return { amount_minor: bodyMoney(amount, { currency, pointer: "/amount" }), currency };
  if (affiliate_id === undefined && asked.currency === undefined) return {};
  const expected = "the paid amount: an affiliate earns a share of it, and a currency needs one";
  throw invalidBody([{ pointer: "/amount", expected, received: "nothing" }]);
}

async function getPurchase({ params }: HttpRequest): Promise<HttpAnswer> {
  const found = await readDocument(purchases, idIn(params, "purchase"));
  if (!found) throw noSuch("purchase");
  return { status: 200, body: purchaseView(found) };
}

function purchaseView({ purchase_id, user_id, course_id, purchased_at_ms, ...rest }: Purchase) {
  const { amount_minor, currency, affiliate_id } = rest;
  const hasNoAmount = amount_minor === undefined || currency === undefined;
  return {
    purchase_id,
    user_id,
    course_id,
    amount: hasNoAmount ? undefined : fromMinor(amount_minor, currency),
    currency,
    affiliate_id,
    purchased_at: new Date(purchased_at_ms).toISOString(),
  };
}
