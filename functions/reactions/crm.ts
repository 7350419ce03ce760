import { ERASED, isErased } from "../../shared/accounts/erased.ts";
import { contactOrders, contacts } from "../../shared/collections.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { eventMoney } from "../../shared/events/event-money.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { buyerOf, FOREIGN, isForeign, NOBODYS } from "../../shared/orders/buyer.ts";
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

/** Keeps a contact of everybody who is heard of, also of those that only other systems know. */
export const crm = reaction("crm", {
  "user.signed_up": (event, work) =>
    keep(event.user_id, work, contact => signedUp(contact, event.payload, sourceOf(event))),
  "order.placed": async (event, work) => {
    const { order_id, user_id, payload } = event;
    if (user_id === undefined) return NOBODYS;
    if (await isForeign(event, work)) return FOREIGN;
    const order = await work.get(contactOrders, order_id);
    const fact = { email: payload.email, isFirst: !order?.placed };
    const skipped = await keep(user_id, work, contact => ordered(contact, fact, sourceOf(event)));
    if (!skipped) work.set(contactOrders, order_id, { ...order, user_id, placed: true });
    return skipped;
  },
  "order.paid": async (event, work) => {
    const { order_id, payload } = event;
    if (await isForeign(event, work)) return FOREIGN;
    const order = await work.get(contactOrders, order_id);
    if (order?.paid) return skip("known from an earlier report");
    const buyer = event.user_id ?? order?.user_id ?? (await buyerOf(event, work));
    if (buyer === undefined) return NOBODYS;
    const money = eventMoney(payload.amount, payload.currency);
    const skipped = await keep(buyer, work, contact => paid(contact, money));
    if (!skipped) work.set(contactOrders, order_id, { ...order, user_id: buyer, paid: true });
    return skipped;
  },
  "user.segment_changed": (event, work) =>
    keep(event.user_id, work, contact => segmented(contact, event.payload.segment, sourceOf(event))),
  "user.banned": (event, work) => keep(event.user_id, work, banned),
});

async function keep(
  userId: string,
  work: Work,
  change: (contact: Contact) => Contact,
): Promise<Skip | undefined> {
  if (await isErased(userId, work)) return ERASED;
  const before = await work.get(contacts, userId);
  work.set(contacts, userId, change(before ?? emptyContact(userId)));
  return undefined;
}

function sourceOf(event: PulseCartEvent): FactSource {
  return { at_ms: happenedAt(event), id: event.event_id };
}
