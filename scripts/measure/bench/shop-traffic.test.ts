import { expect, test } from "@jest/globals";
import { validate } from "../../../shared/events/validate.ts";
import { createShopTraffic } from "./shop-traffic.ts";

test("creates valid events with unique ids and nine types", () => {
  const traffic = createShopTraffic(1);
  const events = Array.from({ length: 10_000 }, () => traffic.next());
  const refused = events.map(event => validate(event)).filter(({ ok }) => !ok);
  expect(refused).toEqual([]);
  expect(new Set(events.map(event => event.event_id)).size).toBe(events.length);
  expect(new Set(events.map(event => event.event_type)).size).toBe(9);
});

test("views popular products most often", () => {
  const traffic = createShopTraffic(1);
  const views = Array.from({ length: 10_000 }, () => traffic.next()).filter(
    event => event.event_type === "product.viewed",
  );
  const best = views.filter(({ payload }) => Object(payload).product_id === "prod_0");
  expect(best.length / views.length).toBeGreaterThan(0.05);
});
