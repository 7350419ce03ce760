/** The type and payload of a report. */
export interface ForeignFact {
  event_type: string;
  payload: Readonly<Record<string, unknown>>;
}

type Facts = [ForeignFact, ...ForeignFact[]];

/** Money that no order of the day has. */
const AMOUNT = 987.65;

/** Builds the reports about an order that another system may send. Each would change the order of its sender. */
export function foreignOrderFacts(name: string, product_id: string): Facts {
  const items = [{ product_id, quantity: 1, unit_price: 3 }];
  return [
    { event_type: "order.placed", payload: { items, total: 3, payment_status: "confirmed" } },
    { event_type: "order.paid", payload: { payment_id: `pay_${name}`, amount: AMOUNT } },
    { event_type: "order.cancelled", payload: { reason: "not ours" } },
    { event_type: "payment.failed", payload: { error: "not ours", attempt_id: `att_${name}` } },
    { event_type: "refund.issued", payload: { refund_id: `ref_${name}`, amount: 0.5, items } },
    { event_type: "order.dispatched", payload: { carrier: "DHL", tracking_number: `track_${name}` } },
    { event_type: "order.delivered", payload: {} },
    { event_type: "order.balance_changed", payload: foreignBalance() },
  ];
}

/** Builds the announcement of a balance: a revision above all others, with everything cancelled. */
function foreignBalance(): ForeignFact["payload"] {
  const money = { paid: AMOUNT, refunded: AMOUNT, owed_back: 0, still_due: 0, paid_orders: 0 };
  const balance = { currency: "USD", orders: 1, total: AMOUNT, ...money };
  const cancelled = { state: "cancelled", previous_state: "placed", held: [], shipment: "stopped" };
  return { revision: 999, ...cancelled, balances: [balance], changes: [balance] };
}

/** Builds the reports about a user that another system may send. Each would change a user of its sender. */
export function foreignUserFacts(name: string): Facts {
  const mail = { trigger: "campaign", channel: "email", template_id: "tpl_spring" };
  return [
    { event_type: "user.signed_up", payload: { email: `${name}@example.com`, name: "Not ours" } },
    { event_type: "user.consent_changed", payload: { marketing_consent: true, source: "not ours" } },
    { event_type: "user.banned", payload: { reason: "not ours", banned_by: "another shop" } },
    { event_type: "user.segment_changed", payload: { segment: "vip" } },
    {
      event_type: "message.personalized_send",
      payload: { ...mail, scheduled_at: "2025-06-18T14:31:05.000Z" },
    },
  ];
}
