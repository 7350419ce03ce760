import { expect, test } from "@jest/globals";
import { personalTexts, textsBesideIds, withoutTexts } from "./personal.ts";

const event = {
  event_type: "user.signed_up",
  user_id: "usr_1",
  payload: { email: 'ann"o@example.com', name: "Ann", age: 7 },
};

test("collects only the personal texts of an event", () => {
  expect(personalTexts(event)).toEqual(['ann"o@example.com', "Ann"]);
  expect(personalTexts({ event_type: "no.such_type", payload: { email: "a@example.com" } })).toEqual([]);
  expect(personalTexts({ ...event, payload: null })).toEqual([]);
});

test("masks repeated personal texts, also inside JSON", () => {
  const text = `usr_1: ann"o@example.com is in use, ${JSON.stringify(event.payload)}`;
  expect(withoutTexts(text, personalTexts(event))).toBe(
    'usr_1: [personal] is in use, {"email":"[personal]","name":"[personal]","age":7}',
  );
});

test("treats every text of a command except ids as personal", () => {
  const items = [{ product_id: "prod_1", note: "for Ann", quantity: 12345 }];
  expect(textsBesideIds({ user_id: "usr_1", reason: "too small", items })).toEqual(["too small", "for Ann"]);
});
