import * as v from "valibot";
import {
  currency,
  defineEvent,
  email,
  fields,
  id,
  label,
  listOf,
  text,
  timestamp,
  wholeNumber,
} from "./define.ts";
import { line } from "./line.ts";

const topic = "pulsecart.system-events";

/** Findings and decisions of PulseCart itself. */
export const systemEvents = [
  defineEvent({
    type: "message.personalized_send",
    doc: "A personal message to a user was planned.",
    topic,
    subject: ["user_id"],
    owner: ["personalization"],
    thing: { in: "users", id: ["user_id"] },
    envelope: {
      user_id: "required",
      order_id: "optional",
      session_id: "optional",
    },
    schema: fields({
      trigger: label,
      channel: label,
      template_id: id,
      scheduled_at: timestamp,
      cart_id: v.optional(id),
      cycle: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
      /** The items of a cart that is not kept here. */
      items: v.optional(listOf(line)),
      currency: v.optional(currency),
      /** Time of the abandonment that another system reported. */
      abandoned_at: v.optional(timestamp),
      email: v.optional(email),
    }),
    personal: ["/payload/email"],
    example: {
      event_type: "message.personalized_send",
      event_id: "evt_01HZ9M1KQP9A",
      timestamp: "2025-06-18T12:31:05.000Z",
      user_id: "usr_8821",
      payload: {
        trigger: "cart.abandoned",
        channel: "email",
        template_id: "tpl_abandon_v3",
        scheduled_at: "2025-06-18T14:31:05.000Z",
      },
    },
  }),
  defineEvent({
    type: "recommendation.updated",
    doc: "The recommendations for a user changed; the items are product ids, best first.",
    topic,
    subject: ["user_id"],
    owner: ["recommend"],
    thing: { in: "users", id: ["user_id"] },
    envelope: { user_id: "required" },
    schema: fields({ items: listOf(id) }),
    example: {
      event_type: "recommendation.updated",
      event_id: "evt_01HZAPB2F4N6",
      timestamp: "2025-06-19T02:15:00.000Z",
      user_id: "usr_8821",
      payload: { items: ["prod_204", "prod_317", "prod_88"] },
    },
  }),
  defineEvent({
    type: "user.segment_changed",
    doc: "A user moved from one segment to another.",
    topic,
    subject: ["user_id"],
    owner: ["segments"],
    thing: { in: "users", id: ["user_id"] },
    envelope: { user_id: "required" },
    schema: fields({ segment: label, previous_segment: v.optional(label) }),
    example: {
      event_type: "user.segment_changed",
      event_id: "evt_01HZ9K9C1P5Q",
      timestamp: "2025-06-18T10:32:40.000Z",
      user_id: "usr_8821",
      payload: { segment: "active", previous_segment: "new" },
    },
  }),
  defineEvent({
    type: "inventory.low_stock_alert",
    doc: "The stock of a product fell to its threshold; stock below zero is owed to customers.",
    topic,
    subject: ["/payload/product_id"],
    owner: ["products", "inventory", "check-stock"],
    thing: { in: "products", id: ["/payload/product_id"] },
    envelope: {},
    schema: fields({
      product_id: id,
      current_stock: wholeNumber(-1e9, 1e9),
      threshold: wholeNumber(0, 1e9),
    }),
    aliases: ["StockLow"],
    example: {
      event_type: "inventory.low_stock_alert",
      event_id: "evt_01HZ9K8B7T3R",
      timestamp: "2025-06-18T10:31:30.000Z",
      payload: { product_id: "prod_991", current_stock: 5, threshold: 10 },
    },
  }),
  defineEvent({
    type: "user.banned",
    doc: "A user may no longer use the shop.",
    topic,
    subject: ["user_id"],
    owner: ["accounts"],
    thing: { in: "users", id: ["user_id"], outside: "reports" },
    envelope: { user_id: "required" },
    schema: fields({ reason: text(1000), banned_by: text(500) }),
    aliases: ["UserBanned"],
    personal: ["/payload/reason", "/payload/banned_by"],
    example: {
      event_type: "user.banned",
      event_id: "evt_01HZBX6G8V9S",
      timestamp: "2025-06-22T16:40:09.000Z",
      user_id: "usr_8821",
      payload: { reason: "spam", banned_by: "admin@example.com" },
    },
  }),
] as const;
