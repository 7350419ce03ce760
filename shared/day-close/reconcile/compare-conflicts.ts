import type { OrderConflict } from "../../rules/order/conflicts.ts";
import { fromMinor } from "../../values/money.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { OrderEvidence } from "./order-evidence.ts";

type ConflictEvidence = Pick<OrderEvidence, "id" | "order" | "events">;

/** Returns a finding for each contradiction between the facts of an order, which its document lists. */
export function conflictFindings(evidence: ConflictEvidence): Finding[] {
  const { data, isLater } = evidence.order;
  if (isLater) return [];
  return (data?.conflicts ?? []).map(conflict => ({
    ...textsOf(evidence.id, conflict),
    events: eventsOf(evidence, conflict),
  }));
}

function textsOf(id: string, conflict: OrderConflict): Omit<Finding, "events"> {
  const { kind, payment_id, amount_minor = 0, currency = "" } = conflict;
  const amount = () => `${fromMinor(amount_minor, currency)} ${currency}`;
  switch (kind) {
    case "refunded-more-than-paid": {
      const expected = "refunds of no more than was paid";
      return { kind: "money", about: `${id}: refunded`, expected, found: `${amount()} more` };
    }
    case "payment-currency": {
      const found = `${amount()} as well${payment_id === undefined ? "" : ` under ${payment_id}`}`;
      return { kind: "money", about: `${id}: payment`, expected: "a payment in one currency", found };
    }
    case "placed-twice":
      return { kind: "order", about: `${id}: placed`, expected: "one content", found: "another content" };
  }
}

/** Lists the event that states the contradiction, else the refunds and payments together. */
function eventsOf({ events }: ConflictEvidence, { event_id }: OrderConflict): string[] {
  const together = ["order.paid", "refund.issued"];
  const named = events.filter(event =>
    event_id === undefined ? together.includes(event.type) : event.event_id === event_id,
  );
  return named.map(({ name }) => name);
}
