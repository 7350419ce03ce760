import { expect, test } from "@jest/globals";
import { catalogue } from "./catalogue.ts";
import { enrich } from "./envelope.ts";
import { holdsPersonalData, withoutPersonalData } from "./erase.ts";
import { personalTexts } from "./personal.ts";
import { validate } from "./validate.ts";

/** Returns an event as the archive holds it. */
function archived(example: object) {
  const checked = validate(example);
  if (!checked.ok) throw new Error("example invalid: expected an event of the catalogue");
  return enrich(checked.event, { nowMs: 1_750_000_000_000, newId: () => "evt_x", producer: "ingest" });
}

test.each([...catalogue.values()])("keeps $type valid and removes all personal data", ({ example }) => {
  const full = { ...example, payload: { email: "ada@example.com", note: "Ada's own", ...example.payload } };
  const event = archived(full);
  const erased = withoutPersonalData({ ...event });
  expect(erased && validate(erased).ok).toBe(true);
  const text = JSON.stringify(erased);
  for (const one of [...personalTexts(event), "Ada's own"]) expect(text).not.toContain(one);
  expect(withoutPersonalData(erased ?? {})).toEqual(erased);
});

test("keeps the envelope and every declared field unchanged", () => {
  const order = archived({
    event_type: "order.placed",
    order_id: "ord_1",
    user_id: "usr_1",
    payload: {
      items: [{ product_id: "lamp", quantity: 2, engraving: "for Ada" }],
      email: "ada@example.com",
      total: 40,
    },
  });
  const { payload: _said, ...envelope } = order;
  expect(withoutPersonalData({ ...order })).toEqual({
    ...envelope,
    payload: { items: [{ product_id: "lamp", quantity: 2 }], total: 40 },
  });
});

test("tells events with personal data from events without", () => {
  const viewed = { event_type: "product.viewed", user_id: "u", payload: { product_id: "lamp" } };
  expect(holdsPersonalData(archived(viewed))).toBe(false);
  const more = { ...viewed, payload: { product_id: "lamp", phone: "555" } };
  expect(holdsPersonalData(archived(more))).toBe(true);
  const searched = { event_type: "search.performed", user_id: "u", payload: { query: "q" } };
  expect(holdsPersonalData(archived(searched))).toBe(true);
});

test("returns undefined for an object that is no event", () => {
  expect(withoutPersonalData({ event_type: "user.forgotten", email: "ada@example.com" })).toBeUndefined();
  expect(withoutPersonalData({ event_type: "user.signed_up", payload: { email: 1 } })).toBeUndefined();
});
