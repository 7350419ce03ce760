import { expect, test } from "@jest/globals";
import { catalogue } from "../../shared/events/catalogue.ts";
import { validate } from "../../shared/events/validate.ts";
import { anEvent } from "./an-event.ts";

test.each([...catalogue.keys()])("builds a valid %s without an id", type => {
  const event = anEvent(type);
  expect(event["event_id"]).toBeUndefined();
  expect(validate(event)).toMatchObject({ ok: true });
});

test("replaces fields of the envelope and of the payload", () => {
  const event = anEvent("product.viewed", { user_id: "usr_1", payload: { product_id: "prod_1" } });
  expect(event).toMatchObject({ user_id: "usr_1", payload: { product_id: "prod_1" } });
});
