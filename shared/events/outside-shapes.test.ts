import { expect, test } from "@jest/globals";
import type { JsonObject } from "./json-object.ts";
import { validate } from "./validate.ts";

// The bodies of other systems, byte for byte. The first ones are in the canonical shape.
const ITEM_ADDED = `{
"event_type": "cart.item_added",
"event_id": "evt_01HZ9K2MNP3Q",
"timestamp": "2025-06-18T10:23:41Z",
"user_id": "usr_8821",
"session_id": "sess_44fa9b",
"payload": {
"product_id": "prod_991",
"product_name": "Wireless Headphones",
"quantity": 1,
"unit_price": 89.99
}
}`;
const ITEM_ADDED_WITHOUT_ID = `{
"event_type": "cart.item_added",
"user_id": "usr_8821",
"session_id": "sess_44fa9b",
"payload": {
"product_id": "prod_991",
"quantity": 1,
"unit_price": 89.99
}
}`;
const ORDER_PLACED = `{
"event_type": "order.placed",
"event_id": "evt_01HZ9K7TRP2W",
"timestamp": "2025-06-18T10:31:05Z",
"user_id": "usr_8821",
"order_id": "ord_77234",
"payload": {
"items": [
{ "product_id": "prod_991", "quantity": 1, "unit_price": 89.99 }
],
"total": 89.99,
"currency": "USD",
"payment_status": "confirmed"
}
}`;
const PERSONALIZED_SEND = `{
"event_type": "message.personalized_send",
"event_id": "evt_01HZ9M1KQP9A",
"timestamp": "2025-06-18T12:31:05Z",
"user_id": "usr_8821",
"payload": {
"trigger": "cart.abandoned",
"channel": "email",
"template_id": "tpl_abandon_v3",
"scheduled_at": "2025-06-18T14:31:05Z"
}
}`;
const ABANDONED = `{
    "event_type": "cart.abandoned",
    "user_id": "usr_8821",
    "session_id": "sess_44fa9b",
    "payload": {
      "cart_id": "cart_99012",
      "items": [{"product_id": "prod_991", "quantity": 1}],
      "total": 89.99
    }
  }`;

const canonical: [string, string][] = [
  ["cart.item_added", ITEM_ADDED],
  ["cart.item_added without an id", ITEM_ADDED_WITHOUT_ID],
  ["order.placed", ORDER_PLACED],
  ["message.personalized_send", PERSONALIZED_SEND],
  ["cart.abandoned", ABANDONED],
];

test.each(canonical)("accepts %s as sent", (_name, text) => {
  const withMs = text.replaceAll(/(T\d\d:\d\d:\d\d)Z/g, "$1.000Z");
  expect(validate(JSON.parse(text))).toEqual({
    ok: true,
    event: { ...JSON.parse(withMs), schema_version: 1 },
  });
});

// Flat bodies under other type names, with numbers as ids. The test varies the place of the type.
const flat: [string, string, JsonObject][] = [
  [
    "UserRegistered",
    '{"user_id": 123, "email": "user@example.com", "timestamp": "2023-10-01T10:00:00Z"}',
    {
      event_type: "user.signed_up",
      user_id: "123",
      timestamp: "2023-10-01T10:00:00.000Z",
      payload: { email: "user@example.com" },
    },
  ],
  // An order of a guest. The next order has a user and a total.
  [
    "OrderCreated",
    '{"order_id": 457, "email": "user@example.com", "items": [{"product_id": 1, "quantity": 2}]}',
    {
      event_type: "order.placed",
      order_id: "457",
      payload: { email: "user@example.com", items: [{ product_id: "1", quantity: 2 }] },
    },
  ],
  [
    "OrderCreated",
    '{"order_id": 456, "user_id": 123, "total": 99.99, "items": [{"product_id": 1, "quantity": 2}]}',
    {
      event_type: "order.placed",
      user_id: "123",
      order_id: "456",
      payload: { total: 99.99, items: [{ product_id: "1", quantity: 2 }] },
    },
  ],
  [
    "OrderPaid",
    '{"order_id": 456, "payment_id": "pay_789", "amount": 99.99}',
    {
      event_type: "order.paid",
      order_id: "456",
      payload: { payment_id: "pay_789", amount: 99.99 },
    },
  ],
  [
    "ProductReviewed",
    '{"product_id": 1, "user_id": 123, "rating": 5, "comment": "Great!"}',
    {
      event_type: "product.reviewed",
      user_id: "123",
      payload: { product_id: "1", rating: 5, comment: "Great!" },
    },
  ],
  [
    "StockLow",
    '{"product_id": 1, "current_stock": 5, "threshold": 10}',
    {
      event_type: "inventory.low_stock_alert",
      payload: { product_id: "1", current_stock: 5, threshold: 10 },
    },
  ],
  [
    "UserBanned",
    '{"user_id": 123, "reason": "spam", "banned_by": "admin@example.com"}',
    {
      event_type: "user.banned",
      user_id: "123",
      payload: { reason: "spam", banned_by: "admin@example.com" },
    },
  ],
  [
    "PaymentFailed",
    '{"order_id": 456, "error": "insufficient funds"}',
    {
      event_type: "payment.failed",
      order_id: "456",
      payload: { error: "insufficient funds" },
    },
  ],
  [
    "purchase.completed",
    '{"purchase_id": 12}',
    { event_type: "purchase.completed", payload: { purchase_id: "12" } },
  ],
];

test.each(flat)("accepts %s flat, under either key, and as a payload", (name, text, event) => {
  const sample = JSON.parse(text);
  const { timestamp, ...payload } = sample;
  const envelope = timestamp === undefined ? {} : { timestamp };
  const shapes = [
    { event_type: name, ...sample },
    { event: name, ...sample },
    { event_type: name, ...envelope, payload },
    { event_type: event["event_type"], ...sample },
  ];
  for (const shape of shapes)
    expect(validate(shape)).toEqual({
      ok: true,
      event: { ...event, schema_version: 1 },
    });
});

test("accepts user.created with ids in camel case", () => {
  const text = `{
    "userId": "test-123",
    "email": "manual@test.com",
    "name": "Manual Test",
    "event": "user.created"
  }`;
  expect(validate(JSON.parse(text))).toEqual({
    ok: true,
    event: {
      event_type: "user.signed_up",
      user_id: "test-123",
      payload: { email: "manual@test.com", name: "Manual Test" },
      schema_version: 1,
    },
  });
});
