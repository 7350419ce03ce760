import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { anEvent } from "../../scripts/test/an-event.ts";
import { testDeliveries } from "../../scripts/test/deliveries.ts";
import type { MailWorld } from "../../scripts/test/worlds/mail.ts";
import { startMailWorld } from "../../scripts/test/worlds/mail.ts";
import { archivedEvents } from "../../shared/pipeline/records/archived-event.ts";
import { HOUR_MS } from "../../shared/values/durations.ts";

let world: MailWorld;
beforeAll(async () => {
  world = await startMailWorld();
});
afterAll(() => world.close());

const abandoned = (name: string) =>
  anEvent("cart.abandoned", {
    user_id: name,
    session_id: name,
    payload: { cart_id: `cart_${name}`, cycle: 3 },
  });

const eventsOf = async (name: string, type: string) =>
  (await world.all(archivedEvents))
    .filter(({ subject, event_type }) => subject === name && event_type === type)
    .map(({ event }) => JSON.parse(event));

testDeliveries(() => world, {
  reaction: "personalization",
  events: name => [abandoned(name)],
  outcome: async name =>
    (await eventsOf(name, "message.personalized_send")).map(({ producer, payload }) => {
      const { trigger, channel, template_id, cycle, cart_id, items } = payload;
      const ofThisCart = cart_id === `cart_${name}`;
      return { producer, trigger, channel, template_id, cycle, ofThisCart, items: items.length };
    }),
  expected: [
    {
      producer: "personalization",
      trigger: "cart.abandoned",
      channel: "email",
      template_id: "tpl_abandon_v3",
      // A cycle of another system is not ours.
      cycle: undefined,
      ofThisCart: true,
      items: 1,
    },
  ],
});

test("schedules the reminder two hours after the abandonment was received", async () => {
  await world.report({ ...abandoned("usr_when"), timestamp: "2026-01-01T00:00:00Z" });
  const [cart] = await eventsOf("usr_when", "cart.abandoned");
  const [message] = await eventsOf("usr_when", "message.personalized_send");
  const waitedMs = Date.parse(message.payload.scheduled_at) - Date.parse(cart.received_at);
  expect(waitedMs).toBe(2 * HOUR_MS);
});
