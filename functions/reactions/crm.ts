import { claimUser } from "../../shared/accounts/claim-user.ts";
import { isErased, PERSON_ERASED, redactIfErased } from "../../shared/accounts/erased.ts";
import { contactOrders, contacts } from "../../shared/collections.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { ALREADY_COUNTED, GUEST_ORDER } from "../../shared/orders/buyer.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import type { Contact, FactSource } from "../../shared/rules/customer/contact.ts";
import {
  banned,
  counted,
  emptyContact,
  ordered,
  segmented,
  signedUp,
} from "../../shared/rules/customer/contact.ts";
import {
  buyerChanges,
  isSameWorth,
  NO_ORDER_WORTH,
  orderWorthAfter,
} from "../../shared/rules/customer/order-worth.ts";

/** Keeps one contact per person that any event names, including people that only other systems know. */
export const crm = reaction("crm", {
  "user.signed_up": recordSignUp,
  "order.placed": recordOrder,
  "order.balance_changed": countOrder,
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
  const { user_id } = event;
  if (user_id === undefined) return GUEST_ORDER;
  // A guest's order that was erased may be reported again, with a user.
  const { payload } = await redactIfErased(event, work);
  return updateContact(user_id, work, contact => ordered(contact, payload, sourceOf(event)));
}

/** Counts the order for its buyer, by the highest revision of its balance. */
async function countOrder(event: PulseCartEvent<"order.balance_changed">, work: Work): Promise<Skip | void> {
  const { order_id } = event;
  const before = (await work.get(contactOrders, order_id)) ?? NO_ORDER_WORTH;
  const after = orderWorthAfter(before, event, eventMoney);
  if (isSameWorth(before, after)) return ALREADY_COUNTED;
  if (after.user_id !== undefined && (await isErased(after.user_id, work))) return PERSON_ERASED;
  for (const { user_id, worth } of buyerChanges(before, after))
    await updateContact(user_id, work, contact => counted(contact, worth));
  work.set(contactOrders, order_id, after);
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
