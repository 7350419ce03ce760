import * as v from "valibot";
import { currency, email, id } from "../events/define.ts";

/**
 * Every mail there is, by its template, with as little as it can be written from later: ids and amounts. Names and
 * addresses are looked up when it is sent, so that a person who was erased meanwhile is written to no more.
 */

/** A person. `email` is there only where the event itself named one; else their documents tell, or their order. */
const person = v.object({
  user_id: v.optional(id),
  order_id: v.optional(id),
  email: v.optional(email),
});

export type Person = v.InferOutput<typeof person>;

const amount = { amount_minor: v.optional(v.number()), currency: v.optional(currency) };

const mailTo = <Name extends string, Facts extends v.ObjectEntries>(template: Name, facts: Facts) =>
  v.object({ template: v.literal(template), since_ms: v.number(), to: person, ...facts });

const toStaff = <Name extends string, Facts extends v.ObjectEntries>(template: Name, facts: Facts) =>
  v.object({ template: v.literal(template), since_ms: v.number(), ...facts });

export const mail = v.variant("template", [
  mailTo("welcome", { user_id: id }),
  mailTo("order-placed", { order_id: id, ...amount }),
  mailTo("order-cancelled", { order_id: id }),
  mailTo("payment-failed", { order_id: id, attempt_id: id }),
  mailTo("refund-issued", { order_id: id, refund_id: id, ...amount }),
  mailTo("account-blocked", { user_id: id }),
  mailTo("course-purchased", { purchase_id: id, course_id: v.optional(id), ...amount }),
  mailTo("cart-reminder", {
    user_id: id,
    /** What asked for it. */
    event_id: id,
    /** Without a cycle it is the one that the cart is in when the time has come. */
    cart: v.optional(v.object({ cart_id: id, cycle: v.optional(v.number()), step: v.number() })),
    /** Another system asked for it: whether the person wants such mails is known there, unless they told us. */
    asked_elsewhere: v.boolean(),
  }),
  toStaff("low-stock", {
    alert_id: id,
    product_id: id,
    current_stock: v.number(),
    threshold: v.number(),
    /** What was ordered from whom; without it nobody supplies the product. */
    supplier_order_id: v.optional(id),
  }),
  toStaff("supplier-order", { supplier_order_id: id }),
]);

export type Mail = v.InferOutput<typeof mail>;
export type Template = Mail["template"];
export type MailOf<T extends Template> = Extract<Mail, { template: T }>;

/** Nobody asked for these: consent, quiet hours and the day's limit hold for them, and they are never repeated. */
const MARKETING: readonly Template[] = ["cart-reminder"];

export function isMarketing(one: Mail): one is MailOf<"cart-reminder"> {
  return MARKETING.includes(one.template);
}

/**
 * What makes it the same mail, whoever plans it: its template and what it is about. Ids hold no slash.
 */
export function mailKey(one: Mail): string {
  return [one.template, ...aboutOf(one)].join("/");
}

function aboutOf(one: Mail): (string | number)[] {
  switch (one.template) {
    case "welcome":
    case "account-blocked":
      return [one.user_id];
    case "order-placed":
    case "order-cancelled":
      return [one.order_id];
    case "payment-failed":
      return [one.order_id, one.attempt_id];
    case "refund-issued":
      return [one.order_id, one.refund_id];
    case "course-purchased":
      return [one.purchase_id];
    case "cart-reminder":
      return one.cart
        ? [one.cart.cart_id, one.cart.cycle ?? one.event_id, one.cart.step]
        : [one.user_id, one.event_id];
    case "low-stock":
      return [one.alert_id];
    case "supplier-order":
      return [one.supplier_order_id];
  }
}
