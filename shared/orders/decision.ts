import type { Command } from "../pipeline/command.ts";
import type { FactTime, OrderFacts } from "../rules/order/facts.ts";
import { decisionTime } from "../rules/order/facts.ts";

/**
 * Returns the time and the event id of a decision about an order. The order and the announced event carry both, so a
 * comparison of the two finds the same sequence of facts.
 */
export function decisionOf(order: OrderFacts, { nowMs, newId }: Pick<Command, "nowMs" | "newId">): FactTime {
  return { at_ms: decisionTime(order, nowMs), event_id: newId("evt") };
}

/** Returns the id and the time of a decision as fields of its event. */
export function eventTime({ at_ms, event_id }: FactTime): { event_id: string; timestamp: string } {
  return { event_id, timestamp: new Date(at_ms).toISOString() };
}
