import { clock } from "../../shared/clock.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { publishEvent } from "../../shared/pipeline/outbox/publish.ts";
import { newId } from "../../shared/values/ids.ts";

/**
 * Publishes an event as a function of this shop announces it. Some facts count from their owner alone, and ingest never
 * accepts an event in the name of another producer.
 * @example await announce(anEvent("order.balance_changed", { order_id: "ord_1" }), "checkout");
 */
export async function announce(event: Record<string, unknown>, producer: string): Promise<void> {
  const at = new Date(clock.now()).toISOString();
  const event_id = String(event["event_id"] ?? newId("evt", { nowMs: clock.now() }));
  const announced = { timestamp: at, ...event, event_id, producer, schema_version: 1 };
  const whole = { ...announced, received_at: at, correlation_id: event_id };
  await publishEvent(whole as unknown as PulseCartEvent, event_id);
}
