import * as v from "valibot";
import {
  currency,
  defineEvent,
  email,
  fields,
  id,
  label,
  listOf,
  money,
  oneLine,
  signedMoney,
  text,
  wholeNumber,
} from "./define.ts";
import { MAX_ITEMS, MAX_QUANTITY } from "./limits.ts";
import { line } from "./line.ts";

const topic = "pulsecart.commerce-events";

/** Units of one product that an order may claim: the sum of at most 200 lines. */
const MAX_HELD = MAX_ITEMS * MAX_QUANTITY;

const flag = wholeNumber(0, 1);

const balance = fields({
  currency,
  /** Number of placed orders: 1 in the order's currency when order.placed is known. */
  orders: flag,
  total: v.optional(money),
  paid: money,
  refunded: money,
  /** Money that has to go back. */
  owed_back: money,
  /** Money that has to come in. */
  still_due: money,
  /** Number of paid orders: 1 in the order's currency while the order is paid. */
  paid_orders: flag,
});

const flagChange = wholeNumber(-1, 1);

const balanceChange = fields({
  currency,
  orders: flagChange,
  total: signedMoney,
  paid: signedMoney,
  refunded: signedMoney,
  owed_back: signedMoney,
  still_due: signedMoney,
  paid_orders: flagChange,
});

const orderState = v.picklist(
  ["placed", "paid", "refunded", "cancelled"],
  '"placed", "paid", "refunded" or "cancelled"',
);

const shipmentState = v.picklist(
  ["waiting", "requested", "stopped", "left"],
  '"waiting", "requested", "stopped" or "left"',
);
/** The functions that decide about orders. */
const ORDER_OWNERS = ["checkout", "orders"] as const;

/** Decisions of the shop. The owner announces its own decision; other systems may report theirs. */
export const commerceEvents = [
  defineEvent({
    type: "order.placed",
    doc: "An order was accepted.",
    topic,
    subject: ["user_id", "order_id"],
    owner: ORDER_OWNERS,
    thing: { in: "orders", id: ["order_id"], outside: "claims" },
    envelope: {
      user_id: "optional",
      order_id: "required",
      session_id: "optional",
    },
    schema: fields({
      items: listOf(line),
      total: v.optional(money),
      currency: v.optional(currency),
      /** Amounts that explain a total other than the sum of the lines. */
      discount: v.optional(money),
      shipping: v.optional(money),
      tax: v.optional(money),
      payment_status: v.optional(label),
      cart_id: v.optional(id),
      email: v.optional(email),
    }),
    aliases: ["OrderCreated"],
    personal: ["/payload/email"],
    example: {
      event_type: "order.placed",
      event_id: "evt_01HZ9K7TRP2W",
      timestamp: "2025-06-18T10:31:05.000Z",
      user_id: "usr_8821",
      order_id: "ord_77234",
      payload: {
        items: [{ product_id: "prod_991", quantity: 1, unit_price: 89.99 }],
        total: 89.99,
        currency: "USD",
        payment_status: "confirmed",
      },
    },
  }),
  defineEvent({
    type: "order.paid",
    doc: "The money for an order has arrived.",
    topic,
    subject: ["user_id", "order_id"],
    owner: ORDER_OWNERS,
    thing: { in: "orders", id: ["order_id"], outside: "reports" },
    envelope: { user_id: "optional", order_id: "required" },
    schema: fields({
      payment_id: v.optional(id),
      attempt_id: v.optional(id),
      amount: money,
      currency: v.optional(currency),
    }),
    aliases: ["OrderPaid"],
    example: {
      event_type: "order.paid",
      event_id: "evt_01HZ9K83AD6F",
      timestamp: "2025-06-18T10:31:19.000Z",
      user_id: "usr_8821",
      order_id: "ord_77234",
      payload: { payment_id: "pay_789", amount: 89.99, currency: "USD" },
    },
  }),
  defineEvent({
    type: "order.cancelled",
    doc: "An order will not be fulfilled; its items, if any, go back to stock.",
    topic,
    subject: ["user_id", "order_id"],
    owner: ORDER_OWNERS,
    thing: { in: "orders", id: ["order_id"], waits: true },
    envelope: { user_id: "optional", order_id: "required" },
    schema: fields({
      reason: v.optional(text(1000)),
      items: v.optional(listOf(line)),
    }),
    personal: ["/payload/reason"],
    example: {
      event_type: "order.cancelled",
      event_id: "evt_01HZ9P0Q2R7G",
      timestamp: "2025-06-18T13:05:44.000Z",
      user_id: "usr_8821",
      order_id: "ord_77234",
      payload: {
        reason: "changed my mind",
        items: [{ product_id: "prod_991", quantity: 1 }],
      },
    },
  }),
  defineEvent({
    type: "payment.failed",
    doc: "An attempt to pay for an order did not succeed.",
    topic,
    subject: ["user_id", "order_id"],
    owner: ORDER_OWNERS,
    thing: { in: "orders", id: ["order_id"], outside: "reports" },
    envelope: { user_id: "optional", order_id: "required" },
    schema: fields({
      error: text(1000),
      attempt_id: v.optional(id),
      payment_id: v.optional(id),
    }),
    // A bank's error text may name the payer.
    personal: ["/payload/error"],
    aliases: ["PaymentFailed"],
    example: {
      event_type: "payment.failed",
      event_id: "evt_01HZ9K7Z8S4H",
      timestamp: "2025-06-18T10:31:12.000Z",
      user_id: "usr_8821",
      order_id: "ord_77234",
      payload: {
        error: "insufficient funds",
        attempt_id: "att_1",
        payment_id: "pay_788",
      },
    },
  }),
  defineEvent({
    type: "refund.issued",
    doc: "Money for an order, or for some of its items, went back to the customer.",
    topic,
    subject: ["user_id", "order_id"],
    owner: ORDER_OWNERS,
    thing: { in: "orders", id: ["order_id"], outside: "reports" },
    envelope: { user_id: "optional", order_id: "required" },
    schema: fields({
      refund_id: v.optional(id),
      amount: money,
      currency: v.optional(currency),
      items: v.optional(listOf(line)),
    }),
    example: {
      event_type: "refund.issued",
      event_id: "evt_01HZ9P5W6X2J",
      timestamp: "2025-06-18T13:10:00.000Z",
      user_id: "usr_8821",
      order_id: "ord_77234",
      payload: { refund_id: "ref_301", amount: 89.99, currency: "USD" },
    },
  }),
  defineEvent({
    type: "order.balance_changed",
    doc: "The sums, the state, the units or the shipment of an order changed.",
    topic,
    subject: ["user_id", "order_id"],
    owner: ORDER_OWNERS,
    thing: { in: "orders", id: ["order_id"], outside: "never" },
    envelope: { user_id: "optional", order_id: "required" },
    schema: fields({
      /** Number of the change: grows by one. The highest revision is the current balance. */
      revision: wholeNumber(1, Number.MAX_SAFE_INTEGER),
      state: orderState,
      /** Absent in the first revision. */
      previous_state: v.optional(orderState),
      /** The sums after the change, one entry per currency. */
      balances: listOf(balance),
      /** The signed differences to the revision before. */
      changes: listOf(balanceChange, 0),
      /** Units that the order claims: ordered less returned. */
      held: listOf(fields({ product_id: id, quantity: wholeNumber(1, MAX_HELD) }), 0),
      shipment: shipmentState,
      /** The reason of a cancellation. */
      reason: v.optional(text(1000)),
    }),
    personal: ["/payload/reason"],
    example: {
      event_type: "order.balance_changed",
      event_id: "evt_01HZ9K84BE7G",
      timestamp: "2025-06-18T10:31:19.000Z",
      user_id: "usr_8821",
      order_id: "ord_77234",
      payload: {
        revision: 2,
        state: "paid",
        previous_state: "placed",
        balances: [
          {
            currency: "USD",
            orders: 1,
            total: 89.99,
            paid: 89.99,
            refunded: 0,
            owed_back: 0,
            still_due: 0,
            paid_orders: 1,
          },
        ],
        changes: [
          {
            currency: "USD",
            orders: 0,
            total: 0,
            paid: 89.99,
            refunded: 0,
            owed_back: 0,
            still_due: -89.99,
            paid_orders: 1,
          },
        ],
        held: [{ product_id: "prod_991", quantity: 1 }],
        shipment: "requested",
      },
    },
  }),
  defineEvent({
    type: "order.dispatched",
    doc: "The parcel of an order has left.",
    topic,
    subject: ["user_id", "order_id"],
    owner: ORDER_OWNERS,
    thing: { in: "orders", id: ["order_id"], waits: true },
    envelope: { user_id: "optional", order_id: "required" },
    schema: fields({
      carrier: v.optional(oneLine(100)),
      tracking_number: v.optional(oneLine(100)),
      tracking_url: v.optional(text(2000)),
      items: v.optional(listOf(line)),
    }),
    personal: ["/payload/tracking_number", "/payload/tracking_url"],
    example: {
      event_type: "order.dispatched",
      event_id: "evt_01HZ9R3S4T8H",
      timestamp: "2025-06-19T08:02:11.000Z",
      user_id: "usr_8821",
      order_id: "ord_77234",
      payload: { carrier: "DHL", tracking_number: "00340434161094015902" },
    },
  }),
  defineEvent({
    type: "order.delivered",
    doc: "The parcel of an order has reached the customer.",
    topic,
    subject: ["user_id", "order_id"],
    owner: ORDER_OWNERS,
    thing: { in: "orders", id: ["order_id"], waits: true },
    envelope: { user_id: "optional", order_id: "required" },
    schema: fields({}),
    example: {
      event_type: "order.delivered",
      event_id: "evt_01HZ9V7W8X9J",
      timestamp: "2025-06-20T11:45:30.000Z",
      user_id: "usr_8821",
      order_id: "ord_77234",
      payload: {},
    },
  }),
  defineEvent({
    type: "cart.abandoned",
    doc: "A cart with items saw no activity for too long, and none of its items was bought.",
    topic,
    subject: ["user_id"],
    owner: ["abandon-cart", "carts"],
    thing: { in: "carts", id: ["/payload/cart_id"] },
    envelope: { user_id: "required", session_id: "required" },
    schema: fields({
      cart_id: id,
      /** The cart's cycle that was abandoned. A reminder of an older cycle is void. */
      cycle: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
      items: listOf(line),
      total: v.optional(money),
      currency: v.optional(currency),
    }),
    example: {
      event_type: "cart.abandoned",
      event_id: "evt_01HZ9M0J5K8L",
      timestamp: "2025-06-18T12:31:00.000Z",
      user_id: "usr_8821",
      session_id: "sess_44fa9b",
      payload: {
        cart_id: "cart_99012",
        items: [{ product_id: "prod_991", quantity: 1 }],
        total: 89.99,
      },
    },
  }),
  defineEvent({
    type: "purchase.completed",
    doc: "The purchase of a course is paid and recorded.",
    topic,
    subject: ["user_id", "/payload/purchase_id"],
    owner: ["courses"],
    thing: { in: "purchases", id: ["/payload/purchase_id"], outside: "reports" },
    envelope: { user_id: "optional" },
    schema: fields({
      purchase_id: id,
      course_id: v.optional(id),
      amount: v.optional(money),
      currency: v.optional(currency),
      affiliate_id: v.optional(id),
    }),
    example: {
      event_type: "purchase.completed",
      event_id: "evt_01HZB7D9E3M2",
      timestamp: "2025-06-21T09:14:26.000Z",
      user_id: "usr_8821",
      payload: {
        purchase_id: "pur_4410",
        course_id: "crs_event_driven",
        amount: 49,
        currency: "USD",
      },
    },
  }),
] as const;
