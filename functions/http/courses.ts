import * as v from "valibot";
import { checkCustomer } from "../../shared/accounts/account.ts";
import type { Purchase } from "../../shared/collections.ts";
import { purchases } from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import { currency, id, money } from "../../shared/events/define.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../../shared/http/handler.ts";
import { idIn, noSuch } from "../../shared/http/path-id.ts";
import { invalidBody, validBody } from "../../shared/http/valid-body.ts";
import type { Command, Decision } from "../../shared/pipeline/command.ts";
import { command } from "../../shared/pipeline/command.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { fromMinor, toMinor } from "../../shared/values/money.ts";

/** The owner of course purchases. What courses cost is the caller's matter: nobody keeps their prices here. */
export const courses = httpFunction("courses", {
  "POST /purchases": command("courses", purchase),
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

/** Records a purchase that is paid, and announces it; what follows from it is not waited for. */
async function purchase({ body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const asked = validBody(purchaseBody, body);
  const { user_id, course_id, affiliate_id } = asked;
  await checkCustomer(user_id, work);
  const purchaseId = newId("pur");
  const bought: Purchase = {
    purchase_id: purchaseId,
    user_id,
    course_id,
    ...priceOf(asked),
    ...(affiliate_id === undefined ? {} : { affiliate_id }),
    purchased_at_ms: nowMs,
  };
  work.create(purchases, purchaseId, bought);
  const { purchased_at: _known, user_id: _subject, ...payload } = shown(bought);
  work.emit({ event_type: "purchase.completed", user_id, payload });
  return {
    status: 201,
    body: shown(bought),
    headers: { location: `/purchases/${purchaseId}` },
    aggregate: purchaseId,
  };
}

/** Free of charge, or not told: then there is nothing to take a commission of. */
function priceOf(asked: PurchaseBody): Pick<Purchase, "amount_minor" | "currency"> {
  const { amount, affiliate_id } = asked;
  if (amount === undefined && affiliate_id === undefined && asked.currency === undefined) return {};
  const { currency = config().defaultCurrency } = asked;
  const amountMinor = amount === undefined ? undefined : toMinor(amount, currency);
  if (amountMinor !== undefined) return { amount_minor: amountMinor, currency };
  const expected =
    amount === undefined
      ? "what was paid: an affiliate's share is taken of it, and a currency belongs to it"
      : `an amount ${currency} can have`;
  throw invalidBody([
    { pointer: "/amount", expected, received: amount === undefined ? "nothing" : String(amount) },
  ]);
}

async function getPurchase({ params }: HttpRequest): Promise<HttpAnswer> {
  const found = await readDocument(purchases, idIn(params, "purchase"));
  if (!found) throw noSuch("purchase");
  return { status: 200, body: shown(found) };
}

function shown({ purchase_id, user_id, course_id, purchased_at_ms, ...rest }: Purchase) {
  const { amount_minor, currency, affiliate_id } = rest;
  return {
    purchase_id,
    user_id,
    course_id,
    ...(amount_minor === undefined || currency === undefined
      ? {}
      : { amount: fromMinor(amount_minor, currency), currency }),
    ...(affiliate_id === undefined ? {} : { affiliate_id }),
    purchased_at: new Date(purchased_at_ms).toISOString(),
  };
}
