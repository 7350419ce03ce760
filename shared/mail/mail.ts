import * as v from "valibot";
import { currency, email, id } from "../events/define.ts";

// Data of every mail, by template: ids and amounts, and the texts that only the fact itself states. Names and addresses
// are looked up when the mail is sent: a person who was erased before gets no mail.

/** A person. `email` is the address that the event named. Absent: the account, the contact or the order has it. */
const person = v.object({
  user_id: v.optional(id),
  order_id: v.optional(id),
  email: v.optional(email),
});

export type Person = v.InferOutput<typeof person>;

const amount = { amount_minor: v.optional(v.number()), currency: v.optional(currency) };

/** Revision of the order whose change the mail states. */
const revision = v.number();

const mailTo = <Name extends string, Facts extends v.ObjectEntries>(template: Name, facts: Facts) =>
  v.object({ template: v.literal(template), since_ms: v.number(), to: person, ...facts });

const toStaff = <Name extends string, Facts extends v.ObjectEntries>(template: Name, facts: Facts) =>
  v.object({ template: v.literal(template), since_ms: v.number(), ...facts });

const reportedCart = v.object({
  session_id: v.optional(id),
  /** Latest time at which the items can have been added. */
  added_at_ms: v.number(),
  items: v.array(
    v.object({
      product_id: id,
      product_name: v.optional(v.string()),
      quantity: v.number(),
      unit_price_minor: v.optional(v.number()),
      currency: v.optional(currency),
    }),
  ),
});

/** Schema of the data of every mail. */
export const mailSchema = v.variant("template", [
  mailTo("welcome", { user_id: id }),
  mailTo("order-placed", { order_id: id, ...amount }),
  mailTo("order-cancelled", { order_id: id, revision, reason: v.optional(v.string()) }),
  mailTo("order-dispatched", {
    order_id: id,
    carrier: v.optional(v.string()),
    tracking_number: v.optional(v.string()),
    /** An http or https address. */
    tracking_url: v.optional(v.string()),
  }),
  mailTo("payment-failed", { order_id: id, attempt_id: id }),
  mailTo("refund-issued", { order_id: id, revision, amount_minor: v.number(), currency }),
  mailTo("account-blocked", { user_id: id }),
  mailTo("course-purchased", { purchase_id: id, course_id: v.optional(id), ...amount }),
  mailTo("cart-reminder", {
    user_id: id,
    /** The event that asked for the mail. */
    event_id: id,
    /** The cart to remind of. `cycle` absent: the cycle of the cart at the time of sending. */
    cart: v.optional(v.object({ cart_id: id, cycle: v.optional(v.number()), step: v.number() })),
    /** Content of a cart that is not kept here, as another system reported it. Absent: the cart is kept here. */
    reported: v.optional(reportedCart),
    /**
     * True when another system asked for the mail. Without an account or an unsubscription here, the other system decides
     * about consent.
     */
    asked_elsewhere: v.boolean(),
  }),
  toStaff("low-stock", {
    alert_id: id,
    product_id: id,
    current_stock: v.number(),
    threshold: v.number(),
    /** The new supplier order. Absent: nothing was ordered. */
    supplier_order_id: v.optional(id),
    /** Reason why nothing was ordered. Absent beside no order: the product has no supplier. */
    not_ordered: v.optional(v.picklist(["covered", "recovered"])),
    /** Units of earlier supplier orders that are still to come. */
    open_units: v.number(),
  }),
  toStaff("supplier-order", { supplier_order_id: id }),
]);

export type Mail = v.InferOutput<typeof mailSchema>;
export type Template = Mail["template"];
export type MailOf<T extends Template> = Extract<Mail, { template: T }>;

/** Templates of marketing mails: consent, quiet hours and the daily limit apply to them. They are never repeated. */
const MARKETING: readonly Template[] = ["cart-reminder"];

export function isMarketing(mail: Mail): mail is MailOf<"cart-reminder"> {
  return MARKETING.includes(mail.template);
}

/**
 * Returns the business key of a mail: its template and the ids that it is about. Two plans with one key are one mail. Ids
 * contain no slash.
 */
export function mailKey(mail: Mail): string {
  return [mail.template, ...idsIn(mail)].join("/");
}

function idsIn(mail: Mail): (string | number)[] {
  switch (mail.template) {
    case "welcome":
    case "account-blocked":
      return [mail.user_id];
    case "order-placed":
    case "order-dispatched":
      return [mail.order_id];
    case "order-cancelled":
      return [mail.order_id, mail.revision];
    case "payment-failed":
      return [mail.order_id, mail.attempt_id];
    case "refund-issued":
      return [mail.order_id, mail.revision, mail.currency];
    case "course-purchased":
      return [mail.purchase_id];
    case "cart-reminder":
      return mail.cart
        ? [mail.cart.cart_id, mail.cart.cycle ?? mail.event_id, mail.cart.step]
        : [mail.user_id, mail.event_id];
    case "low-stock":
      return [mail.alert_id];
    case "supplier-order":
      return [mail.supplier_order_id];
  }
}

/** Lists the personal texts in the data of a mail. No error text may contain them. */
export function personalTexts(mail: Mail): string[] {
  const texts = ["to" in mail ? mail.to.email : undefined];
  if (mail.template === "order-cancelled") texts.push(mail.reason);
  if (mail.template === "order-dispatched") texts.push(mail.tracking_number, mail.tracking_url);
  return texts.filter(text => text !== undefined);
}
