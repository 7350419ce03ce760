import type { EventType } from "../../events/catalogue.ts";

/**
 * Event types of each reaction, so that the day close finds events that a reaction never handled. A deployed function
 * knows no declaration of another function, so this list is a copy by hand. A test compares it with the declarations.
 * The archive is not listed: the archived event itself proves that the archive handled it.
 */
export const LISTENERS = {
  access: ["purchase.completed", "user.banned"],
  affiliates: ["purchase.completed"],
  analytics: [
    "cart.abandoned",
    "cart.item_added",
    "cart.item_removed",
    "inventory.low_stock_alert",
    "message.personalized_send",
    "order.balance_changed",
    "payment.failed",
    "product.reviewed",
    "purchase.completed",
    "recommendation.updated",
    "user.banned",
    "user.segment_changed",
    "user.signed_up",
  ],
  carts: ["cart.item_added", "cart.item_removed", "order.placed"],
  consent: ["user.consent_changed", "user.signed_up"],
  crm: ["order.balance_changed", "order.placed", "user.banned", "user.segment_changed", "user.signed_up"],
  email: [
    "message.personalized_send",
    "order.balance_changed",
    "order.dispatched",
    "order.placed",
    "payment.failed",
    "purchase.completed",
    "user.banned",
    "user.signed_up",
  ],
  inventory: ["order.balance_changed"],
  moderation: ["product.reviewed"],
  orders: [
    "order.cancelled",
    "order.delivered",
    "order.dispatched",
    "order.paid",
    "order.placed",
    "payment.failed",
    "refund.issued",
  ],
  personalization: ["cart.abandoned"],
  procurement: ["inventory.low_stock_alert"],
  recommendations: ["cart.item_added", "order.placed", "purchase.completed"],
  segments: ["order.balance_changed"],
  shipping: ["order.balance_changed"],
} as const satisfies Readonly<Record<string, readonly EventType[]>>;

/** The reactions whose ledger entries belong to a generation. */
export const PROJECTIONS: readonly string[] = ["analytics", "recommendations"];
