import { claimUser } from "../../shared/accounts/claim-user.ts";
import { isErased, PERSON_ERASED } from "../../shared/accounts/erased.ts";
import { contactOrders, contacts } from "../../shared/collections.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { buyerOf, GUEST_ORDER } from "../../shared/orders/buyer.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { Contact, FactSource } from "../../shared/rules/customer/contact.ts";
import {
  banned,
  emptyContact,
  ordered,
  paid,
  segmented,
  signedUp,
} from "../../shared/rules/customer/contact.ts";

/** Keeps one contact per person that any event names, including people that only other systems know. */
export const crm = reaction("crm", {
  "user.signed_up": recordSignUp,
  "order.placed": recordOrder,
  "order.paid": recordPayment,
  "user.segment_changed": (event, work) =>
    updateContact(event.user_id, work, contact => segmented(contact, event.payload.segment, sourceOf(event))),
  "user.banned": (event, work) => updateContact(event.user_id, work, banned),
});

async function recordSignUp(event: PulseCartEvent<"user.signed_up">, work: Work): Promise<Skip | void> {
  const { user_id, payload } = event;
  const skipped = await updateContact(user_id, work, contact => signedUp(contact, payload, sourceOf(event)));
  if (!skipped) await claimUser(event, work);
  return skipped;
}

async function recordOrder(event: PulseCartEvent<"order.placed">, work: Work): Promise<Skip | void> {
  const { order_id, user_id, payload } = event;
  if (user_id === undefined) return GUEST_ORDER;
  const order = await work.get(contactOrders, order_id);
  const fact = { email: payload.email, isFirst: !order?.placed };
  const skipped = await updateContact(user_id, work, contact => ordered(contact, fact, sourceOf(event)));
  if (!skipped) work.set(contactOrders, order_id, { ...order, user_id, placed: true });
  return skipped;
}

async function recordPayment(event: PulseCartEvent<"order.paid">, work: Work): Promise<Skip | void> {
  const { order_id, payload } = event;
  const order = await work.get(contactOrders, order_id);
  if (order?.paid) return skip("an earlier report already counted the payment of this order");
  const buyer = event.user_id ?? order?.user_id ?? (await buyerOf(event, work));
  if (buyer === undefined) return GUEST_ORDER;
  const money = eventMoney(payload.amount, payload.currency);
  const skipped = await updateContact(buyer, work, contact => paid(contact, money));
  if (!skipped) work.set(contactOrders, order_id, { ...order, user_id: buyer, paid: true });
  return skipped;
}

async function updateContact(
  userId: string,
  work: Work,
  change: (contact: Contact) => Contact,
): Promise<Skip | void> {
  if (await isErased(userId, work)) return PERSON_ERASED;
  const before = await work.get(contacts, userId);
  work.set(contacts, userId, change(before ?? emptyContact(userId)));
}

function sourceOf(event: PulseCartEvent): FactSource {
  return { at_ms: happenedAt(event), id: event.event_id };
}
