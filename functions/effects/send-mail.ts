import { isAccount } from "../../shared/accounts/account.ts";
import { PERSON_ERASED } from "../../shared/accounts/erased.ts";
import { decideAboutCart, decideAboutReported } from "../../shared/carts/decide-reminder.ts";
import { access, carts, consents, marketingMails, orders } from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import { deliverMail } from "../../shared/mail/deliver-mail.ts";
import type { Mail, MailOf } from "../../shared/mail/mail.ts";
import { isMarketing, mailKey, mailSchema, personalTexts } from "../../shared/mail/mail.ts";
import { mailConfig, readAtStart } from "../../shared/mail/mail-config.ts";
import { offeredLines } from "../../shared/mail/offered-lines.ts";
import { SEND_MAIL } from "../../shared/mail/plan-mail.ts";
import type { Recipient } from "../../shared/mail/recipient.ts";
import { recipientOf } from "../../shared/mail/recipient.ts";
import { effect } from "../../shared/pipeline/effect.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Documents } from "../../shared/pipeline/work.ts";
import { aboutOf, countMarketing, whyNoMarketing } from "../../shared/rules/customer/marketing.ts";
import { hasMoney } from "../../shared/rules/order/has-money.ts";
import { HOUR_MS, MINUTE_MS } from "../../shared/values/durations.ts";
import { quietUntil } from "../../shared/values/local-time.ts";

type Reminder = MailOf<"cart-reminder">;
type NotErased = Exclude<Recipient, { kind: "erased" }>;
type Decision = Skip | { laterMs: number; reason: string } | void;

/**
 * Sends every mail; no other function does. Before each attempt, the transaction that takes the lease decides again
 * whether the mail may go.
 */
export const sendMail = effect(SEND_MAIL, mailSchema, {
  decide,
  send: (mail, { id, signal }) => deliverMail(mail, { id, signal, read: readDocument }),
  // Most mail programs show a repeated Message-ID once. Marketing mails are never repeated: no person asked for them.
  repeatable: mail => !isMarketing(mail),
  personal: personalTexts,
});

readAtStart(mailConfig);

async function decide(mail: Mail, documents: Documents): Promise<Decision> {
  const recipient = await recipientOf(mail, documents.get);
  if (recipient.kind === "erased") return PERSON_ERASED;
  // Consent comes first: a mail that the person does not want never waits for an address.
  const refused = isMarketing(mail) ? await refusalOf(mail, recipient, documents) : undefined;
  if (refused) return refused;
  if (mail.template === "payment-failed" && (await wasCharged(mail.order_id, documents)))
    return skip("the order was paid by another attempt");
  if (recipient.kind === "unknown") return waitForAddress(mail, documents.nowMs);
  if (isMarketing(mail)) return decideMarketing(mail, recipient, documents);
}

/** Skip of every marketing mail without the sender's postal address (CAN-SPAM Act, 15 USC 7704(a)(5)). */
const NO_POSTAL_ADDRESS = skip("MAIL_POSTAL_ADDRESS is not set: marketing mails need a postal address");

/** Tells whether money arrived for an order. A mail must then not say that the buyer was not charged. */
async function wasCharged(orderId: string, documents: Documents): Promise<boolean> {
  const order = await documents.get(orders, orderId);
  return order !== undefined && hasMoney(order);
}

/** Returns the reason against a marketing mail; undefined when the person accepts it. */
async function refusalOf(
  { user_id: userId, asked_elsewhere: askedElsewhere }: Reminder,
  { user }: NotErased,
  documents: Documents,
): Promise<Skip | undefined> {
  const [consent, reported] = await Promise.all([
    documents.get(consents, userId),
    documents.get(access, userId),
  ]);
  const reason = whyNoMarketing({
    consent,
    isAccount: isAccount(user),
    isBlocked: user?.banned !== undefined || reported?.blocked === true,
    askedElsewhere,
  });
  if (reason !== undefined) return skip(reason);
  return config().mailPostalAddress === undefined ? NO_POSTAL_ADDRESS : undefined;
}

/**
 * Maximum wait for an address. The address of a sign-up or an order is known within seconds. A report of another
 * system about the same person may be late.
 */
const MAX_ADDRESS_WAIT_MS = 2 * HOUR_MS;
/** Next wait as a multiple of the time waited so far. The checks come after 1, 4, 16 and 64 minutes. */
const WAIT_GROWTH = 3;

function waitForAddress(mail: Mail, nowMs: number): Decision {
  const waitedMs = nowMs - mail.since_ms;
  if (waitedMs >= MAX_ADDRESS_WAIT_MS)
    return skip(`no address was reported within ${MAX_ADDRESS_WAIT_MS / HOUR_MS} hours`);
  const waitMs = Math.max(waitedMs * WAIT_GROWTH, MINUTE_MS);
  const laterMs = nowMs + Math.min(waitMs, MAX_ADDRESS_WAIT_MS - waitedMs);
  return { laterMs, reason: `${receiverOf(mail)} has no e-mail address yet` };
}

/** Returns the person of a mail by id. A buyer without an account is the buyer of an order. */
function receiverOf(mail: Mail): string {
  const { user_id, order_id } = "to" in mail ? mail.to : {};
  return user_id ?? (order_id === undefined ? "the recipient" : `the buyer of ${order_id}`);
}

/**
 * Decides about a marketing mail: its time, its cart, quiet hours, the limits. Every read of the transaction precedes
 * every write.
 */
async function decideMarketing(mail: Reminder, { user }: NotErased, documents: Documents): Promise<Decision> {
  const { nowMs } = documents;
  // A task is due in thirty days at most (createTask), so the task of a later mail comes early.
  if (nowMs < mail.since_ms) return { laterMs: mail.since_ms, reason: "the mail is scheduled for later" };
  const about = await decideCart(mail, documents);
  if (about?.kind === "no") return about.decision;
  const offered = about && (await offeredLines(about.lines, readDocument));
  if (offered?.length === 0) return skip("every item of the cart is sold out");
  const quietUntilMs = quietUntil(nowMs, user?.time_zone ?? "UTC");
  if (quietUntilMs !== undefined) return { laterMs: quietUntilMs, reason: "the recipient has quiet hours" };
  const before = await documents.get(marketingMails, mail.user_id);
  const counted = countMarketing(before?.mails ?? [], {
    mail: mailKey(mail),
    at_ms: nowMs,
    about:
      offered &&
      aboutOf(
        mail.cart?.step ?? 1,
        offered.map(({ product_id }) => product_id),
      ),
  });
  if ("refused" in counted) return skip(counted.refused);
  documents.set(marketingMails, mail.user_id, { user_id: mail.user_id, ...counted });
  // An unchanged cart is written too: a purchase that commits meanwhile conflicts, and this decision runs again.
  if (about?.cart) documents.set(carts, about.cart.cart_id, about.cart);
}

/** Decides about the cart of a reminder; undefined when the mail names none. */
async function decideCart({ cart, reported, user_id }: Reminder, documents: Documents) {
  if (!cart) return undefined;
  const { cart_id } = cart;
  return reported
    ? decideAboutReported({ ...reported, cart_id, user_id }, documents)
    : decideAboutCart(cart, documents);
}
