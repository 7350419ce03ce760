import { redactIfErased } from "../../shared/accounts/erased.ts";
import { config } from "../../shared/config.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { factId } from "../../shared/events/fact-id.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import type { MailOf, Person } from "../../shared/mail/mail.ts";
import { extendAddress, keepAddress } from "../../shared/mail/order-address.ts";
import { planMail } from "../../shared/mail/plan-mail.ts";
import { withBuyer } from "../../shared/orders/buyer.ts";
import { trackingOf } from "../../shared/orders/tracking.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { shortName } from "../../shared/rules/cart/short-name.ts";
import { toMinor } from "../../shared/values/money.ts";

/** The owner of accounts, as producer. */
const ACCOUNTS = "accounts";

/** The only channel that is served, as events name it. */
const EMAIL = "email";

/** The template id of the cart reminder, as events name it. */
const CART_REMINDER = "tpl_abandon_v3";

// Reasons stay in logs and ledger after an erasure, so they repeat no text of another system.
const CHANNEL_NOT_SERVED = skip(`the channel is not served: expected ${EMAIL}`);
const NO_SUCH_TEMPLATE = skip(`the template does not exist: expected ${CART_REMINDER}`);

/** The step of the first and only reminder per cycle of a cart. A second reminder, days later, would be step 2. */
const FIRST_STEP = 1;

/** Plans one mail for each event that a person must learn about. The effect send-mail decides whether the mail goes. */
export const email = reaction(
  "email",
  {
    "user.signed_up": planWelcome,
    "order.placed": planOrderPlaced,
    "order.balance_changed": planBalanceChanged,
    "order.dispatched": planDispatched,
    "payment.failed": planPaymentFailed,
    "user.banned": async ({ user_id }, work) =>
      planMail(work, { template: "account-blocked", user_id, to: { user_id } }),
    "purchase.completed": planCoursePurchased,
    "message.personalized_send": planReminder,
  },
  { immediate: ["payment.failed", "user.banned"] },
);

async function planWelcome(event: PulseCartEvent<"user.signed_up">, work: Work): Promise<void> {
  const { user_id, producer, payload } = await redactIfErased(event, work);
  // Our own account holds its address, and the address may change until the mail is sent.
  const address = producer === ACCOUNTS ? undefined : payload.email;
  planMail(work, { template: "welcome", user_id, to: { user_id, email: address } });
}

async function planOrderPlaced(event: PulseCartEvent<"order.placed">, work: Work): Promise<void> {
  const { order_id, user_id, payload } = await redactIfErased(event, work);
  const { total, currency = config().defaultCurrency, email: address } = payload;
  const happened_at_ms = happenedAt(event);
  if (address === undefined) await extendAddress(order_id, work);
  else keepAddress({ order_id, user_id, email: address, happened_at_ms }, work);
  // An amount that is impossible in its currency is left out, as in the order document.
  const totalMinor = total === undefined ? undefined : toMinor(total, currency);
  planMail(work, {
    template: "order-placed",
    order_id,
    amount_minor: totalMinor,
    currency: totalMinor === undefined ? undefined : currency,
    to: { order_id, user_id, email: address },
  });
}

/** Plans the mails about a cancellation and about refunded money. Each revision of the order has its own mails. */
async function planBalanceChanged(
  event: PulseCartEvent<"order.balance_changed">,
  work: Work,
): Promise<Skip | void> {
  const { order_id, user_id, payload } = await redactIfErased(event, work);
  const { revision, state, previous_state, shipment, reason, changes } = payload;
  const about = { order_id, revision, to: { order_id, user_id } };
  const refunds = changes.filter(({ refunded }) => refunded > 0);
  // A parcel that has left is on its way to the customer, whatever is reported about its order.
  const isStopped = state === "cancelled" && previous_state !== "cancelled" && shipment !== "left";
  if (!isStopped && refunds.length === 0) return skip("the change of the order needs no mail");
  await extendAddress(order_id, work);
  if (isStopped) planMail(work, { template: "order-cancelled", ...about, reason });
  for (const { refunded, currency } of refunds)
    planMail(work, { template: "refund-issued", ...about, ...eventMoney(refunded, currency) });
}

async function planDispatched(event: PulseCartEvent<"order.dispatched">, work: Work): Promise<void> {
  const { order_id, user_id, payload } = await redactIfErased(await withBuyer(event, work), work);
  const to = { order_id, user_id };
  await extendAddress(order_id, work);
  planMail(work, { template: "order-dispatched", order_id, ...trackingOf(payload), to });
}

async function planPaymentFailed(event: PulseCartEvent<"payment.failed">, work: Work): Promise<void> {
  const { order_id, user_id, payload } = event;
  const attempt_id = payload.attempt_id ?? factId("att", event);
  await extendAddress(order_id, work);
  planMail(work, { template: "payment-failed", order_id, attempt_id, to: { order_id, user_id } });
}

async function planCoursePurchased(
  { user_id, payload }: PulseCartEvent<"purchase.completed">,
  work: Work,
): Promise<Skip | void> {
  // A purchase without a user has no address, and no later event can add one.
  if (user_id === undefined) return skip("the purchase has no user_id, so the mail has no recipient");
  const { purchase_id, course_id, amount, currency } = payload;
  const paid = amount === undefined ? {} : eventMoney(amount, currency);
  planMail(work, { template: "course-purchased", purchase_id, course_id, ...paid, to: { user_id } });
}

async function planReminder(
  event: PulseCartEvent<"message.personalized_send">,
  work: Work,
): Promise<Skip | void> {
  const { user_id, event_id, payload, producer } = await redactIfErased(event, work);
  if (payload.channel !== EMAIL) return CHANNEL_NOT_SERVED;
  if (payload.template_id !== CART_REMINDER) return NO_SUCH_TEMPLATE;
  const { cart_id, cycle } = payload;
  const cart = cart_id === undefined ? undefined : { cart_id, cycle, step: FIRST_STEP };
  const to: Person = { user_id, email: payload.email };
  const asked_elsewhere = producer !== "personalization";
  planMail(
    work,
    { template: "cart-reminder", user_id, event_id, cart, reported: reportedIn(event), asked_elsewhere, to },
    Date.parse(payload.scheduled_at),
  );
}

/** Reads the content of a cart that is not kept here; undefined when the message names no items. */
function reportedIn(event: PulseCartEvent<"message.personalized_send">): MailOf<"cart-reminder">["reported"] {
  const { session_id, timestamp, received_at, payload } = event;
  const { items, currency = config().defaultCurrency, abandoned_at = timestamp } = payload;
  if (!items) return undefined;
  // The other system saw no activity for some time before its report. Our own idle time stands for that time.
  const added_at_ms = happenedAt({ timestamp: abandoned_at, received_at }) - config().abandonAfterMs;
  return {
    session_id,
    added_at_ms,
    items: items.map(({ unit_price, product_name, ...item }) => {
      const minor = unit_price === undefined ? undefined : toMinor(unit_price, currency);
      const price = minor === undefined ? {} : { unit_price_minor: minor, currency };
      return { ...item, ...price, product_name: shortName(product_name) };
    }),
  };
}
