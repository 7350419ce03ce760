import { laneHoldingBack } from "../../shared/carts/write-cart.ts";
import { access, carts, mailPreferences, marketingDays } from "../../shared/collections.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import type { Mail, MailOf } from "../../shared/mail/mail.ts";
import { isMarketing, mail, mailKey } from "../../shared/mail/mail.ts";
import { mailConfig, readAtStart } from "../../shared/mail/mail-config.ts";
import { SEND_MAIL } from "../../shared/mail/plan-mail.ts";
import type { Found } from "../../shared/mail/recipient.ts";
import { recipientOf } from "../../shared/mail/recipient.ts";
import { sendMail as sendOne } from "../../shared/mail/send.ts";
import { effect } from "../../shared/pipeline/effect.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Documents } from "../../shared/pipeline/work.ts";
import type { Cart } from "../../shared/rules/cart/cart.ts";
import { markReminded } from "../../shared/rules/cart/cart-timer.ts";
import { countedOn, MOST_A_DAY, whyNoMarketing } from "../../shared/rules/customer/marketing.ts";
import { MINUTE_MS } from "../../shared/values/durations.ts";
import { localTime, quietUntil } from "../../shared/values/local-time.ts";

/** Somebody who was not erased. */
type Known = Exclude<Found, { kind: "erased" }>;
type Decision = Skip | { laterMs: number } | undefined;

/**
 * Sends every mail there is, and is the only one that does. Before each try it looks again whether the mail may go,
 * in the transaction that takes the lease.
 */
export const sendMail = effect(SEND_MAIL, mail, {
  decide,
  send: (one, { id, signal }) => sendOne(one, { id, signal, read: readDocument }),
  // The same Message-ID a second time is shown once by most who read mail; nobody asked for the others.
  repeatable: one => !isMarketing(one),
  personal: one => ("to" in one && one.to.email !== undefined ? [one.to.email] : []),
});

readAtStart(mailConfig);

async function decide(one: Mail, documents: Documents): Promise<Decision> {
  const found = await recipientOf(one, documents.get);
  if (found.kind === "erased") return skip("the person was erased");
  const refused = isMarketing(one) ? await refusedBy(one, found, documents) : undefined;
  if (refused) return refused;
  if (found.kind === "unknown") return waitForAddress(one, documents.nowMs);
  return isMarketing(one) ? decideMarketing(one, found, documents) : undefined;
}

/** Asked first: whoever does not want a mail is not waited for. */
async function refusedBy(
  { user_id: userId, asked_elsewhere: askedElsewhere }: MailOf<"cart-reminder">,
  { user }: Known,
  documents: Documents,
): Promise<Skip | undefined> {
  const [preference, reported] = await Promise.all([
    documents.get(mailPreferences, userId),
    documents.get(access, userId),
  ]);
  const whyNot = whyNoMarketing({
    ...(user && { account: user }),
    ...(preference && { unsubscribedAtMs: preference.unsubscribed_at_ms }),
    ...(reported && { isBlocked: reported.blocked }),
    askedElsewhere,
  });
  return whyNot === undefined ? undefined : skip(whyNot);
}

/** Who signs up or orders is known within seconds; another system's report of the same person may lag behind. */
const LONGEST_WAIT_MS = 2 * 60 * MINUTE_MS;
/** Each look comes after three times as long as everything before: after 1, 4, 16 and 64 minutes. */
const WAIT_GROWTH = 3;

function waitForAddress({ since_ms }: Mail, nowMs: number): Decision {
  const waitedMs = nowMs - since_ms;
  if (waitedMs >= LONGEST_WAIT_MS) return skip("nobody has told us an address in two hours");
  return {
    laterMs: nowMs + Math.min(Math.max(waitedMs * WAIT_GROWTH, MINUTE_MS), LONGEST_WAIT_MS - waitedMs),
  };
}

/** All reads come first: what a decision writes waits for the commit. */
async function decideMarketing(
  one: MailOf<"cart-reminder">,
  { user }: Known,
  documents: Documents,
): Promise<Decision> {
  const { nowMs } = documents;
  // Cloud Tasks comes early for what is more than thirty days ahead.
  if (nowMs < one.since_ms) return { laterMs: one.since_ms };
  const timeZone = user?.time_zone ?? "UTC";
  const cart = await decideCart(one, documents);
  if (cart && "decision" in cart) return cart.decision;
  const quietUntilMs = quietUntil(nowMs, timeZone);
  if (quietUntilMs !== undefined) return { laterMs: quietUntilMs };
  const before = await documents.get(marketingDays, one.user_id);
  const counted = countedOn(localTime(nowMs, timeZone).day, before, mailKey(one));
  if (!counted) return skip(`${MOST_A_DAY} marketing mails were sent on this day`);
  documents.set(marketingDays, one.user_id, { user_id: one.user_id, ...counted });
  // Written also where it stays as it is: a purchase that commits meanwhile makes this decision run again.
  if (cart) documents.set(carts, cart.reminded.cart_id, cart.reminded);
  return undefined;
}

/** A reminder is for a cart that was left alone and still is. */
async function decideCart(
  { cart: named }: MailOf<"cart-reminder">,
  documents: Documents,
): Promise<{ decision: Decision } | { reminded: Cart } | undefined> {
  if (!named) return undefined;
  const cart = await documents.get(carts, named.cart_id);
  if (!cart) return { decision: skip("nobody keeps this cart here") };
  const reminded = stillAbandoned(cart, named.cycle ?? cart.cycle);
  if (!reminded) return { decision: skip("the cart has moved on since it was abandoned") };
  const heldBack = await laneHoldingBack(cart, documents);
  return heldBack ? { decision: { laterMs: heldBack.retryAtMs } } : { reminded };
}

/** A former try of the same reminder has marked it already. */
function stillAbandoned(cart: Cart, cycle: number): Cart | undefined {
  return cart.status === "reminded" && cart.cycle === cycle ? cart : markReminded(cart, cycle);
}
