import { asMayBeKept } from "../../shared/accounts/erased.ts";
import { orderAddresses } from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import type { Person } from "../../shared/mail/mail.ts";
import { planMail } from "../../shared/mail/plan-mail.ts";
import { FOREIGN, isForeign } from "../../shared/orders/buyer.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { toMinor } from "../../shared/values/money.ts";

/** The owner of accounts. */
const ACCOUNTS = "accounts";

/** The channel that is served here; the template that stands for a reminder, as the events name them. */
const EMAIL = "email";
const ABANDONED_CART = "tpl_abandon_v3";

/** One reminder for each silence of a cart; a second one, days later, would be the next step. */
const FIRST_STEP = 1;

/** Plans one mail for each thing that a person has to hear of. Whether it may go is decided when it is sent. */
export const email = reaction(
  "email",
  {
    "user.signed_up": async (event, work) => {
      const { user_id, producer, payload } = await asMayBeKept(event, work);
      // An account of ours holds its address itself, and may change it until the mail is sent.
      const address = producer === ACCOUNTS ? {} : { email: payload.email };
      planMail(work, { template: "welcome", user_id, to: { user_id, ...address } });
    },
    "order.placed": orderPlaced,
    "order.cancelled": async ({ order_id, user_id }, work) =>
      planMail(work, { template: "order-cancelled", order_id, to: { order_id, user_id } }),
    "payment.failed": async ({ order_id, user_id, event_id, payload }, work) => {
      const attempt_id = payload.attempt_id ?? event_id;
      planMail(work, { template: "payment-failed", order_id, attempt_id, to: { order_id, user_id } });
    },
    "refund.issued": async ({ order_id, user_id, event_id, payload }, work) => {
      const { refund_id = event_id, amount, currency } = payload;
      const to = { order_id, user_id };
      planMail(work, { template: "refund-issued", order_id, refund_id, ...eventMoney(amount, currency), to });
    },
    "user.banned": async ({ user_id }, work) =>
      planMail(work, { template: "account-blocked", user_id, to: { user_id } }),
    "purchase.completed": purchased,
    "message.personalized_send": personalized,
  },
  { immediate: ["payment.failed", "user.banned"] },
);

async function orderPlaced(event: PulseCartEvent<"order.placed">, work: Work): Promise<Skip | undefined> {
  if (await isForeign(event, work)) return FOREIGN;
  const { order_id, user_id, payload } = await asMayBeKept(event, work);
  const { total, currency = config().defaultCurrency, email: address } = payload;
  // Who orders without an account is written to there, whatever becomes of the order.
  if (address !== undefined)
    work.set(orderAddresses, order_id, {
      order_id,
      ...(user_id === undefined ? {} : { user_id }),
      email: address,
    });
  // An amount that its currency cannot have is left out, as in the order.
  const totalMinor = total === undefined ? undefined : toMinor(total, currency);
  const amount = totalMinor === undefined ? {} : { amount_minor: totalMinor, currency };
  planMail(work, {
    template: "order-placed",
    order_id,
    ...amount,
    to: { order_id, user_id, email: address },
  });
  return undefined;
}

async function purchased(
  { user_id, payload }: PulseCartEvent<"purchase.completed">,
  work: Work,
): Promise<Skip | undefined> {
  // Without a person there is nothing that would ever tell an address.
  if (user_id === undefined) return skip("nobody to write to");
  const { purchase_id, course_id, amount, currency } = payload;
  const paid = amount === undefined ? {} : eventMoney(amount, currency);
  planMail(work, { template: "course-purchased", purchase_id, course_id, ...paid, to: { user_id } });
  return undefined;
}

async function personalized(
  event: PulseCartEvent<"message.personalized_send">,
  work: Work,
): Promise<Skip | undefined> {
  const { user_id, event_id, payload, producer } = await asMayBeKept(event, work);
  if (payload.channel !== EMAIL) return skip(`the channel ${payload.channel} is not served`);
  if (payload.template_id !== ABANDONED_CART) return skip(`there is no template ${payload.template_id}`);
  const { cart_id, cycle } = payload;
  const cart = cart_id === undefined ? {} : { cart: { cart_id, cycle, step: FIRST_STEP } };
  const to: Person = { user_id, email: payload.email };
  const asked_elsewhere = producer !== "personalization";
  planMail(
    work,
    { template: "cart-reminder", user_id, event_id, ...cart, asked_elsewhere, to },
    Date.parse(payload.scheduled_at),
  );
  return undefined;
}
