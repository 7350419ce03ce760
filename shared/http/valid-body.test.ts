import { expect, test } from "@jest/globals";
import * as v from "valibot";
import { currency, email, id, listOf, oneLine, quantity, text } from "../events/define.ts";
import { Problem } from "./problem.ts";
import { validBody } from "./valid-body.ts";

const line = v.strictObject({ product_id: id, quantity, gift: v.optional(v.strictObject({ to: text(9) })) });
const schema = v.strictObject({
  name: oneLine(20),
  items: v.exactOptional(listOf(line)),
  note: v.optional(text(9)),
});
const named = { name: "Lamp" };

function faultsOf(body: unknown, of: v.GenericSchema = schema) {
  try {
    validBody(of, body);
  } catch (error) {
    if (error instanceof Problem) return error.faults;
    throw error;
  }
  throw new Error("body accepted: expected a Problem");
}

test("names each missing and each unknown field, at every depth", () => {
  const items = [{ quantity: 1, size: "XL" }, { product_id: "p", quantity: 1, gift: {} }, 7];
  const body = JSON.parse(
    `{"items":${JSON.stringify(items)},"colour":"red","__proto__":[1],"constructor":null}`,
  );
  const unknown = { expected: "no field of this name" };
  expect(faultsOf(body)).toEqual([
    {
      pointer: "/name",
      expected: "one line of 1 to 20 characters without control characters",
      received: "nothing",
    },
    { pointer: "/items/0/product_id", expected: expect.stringContaining("an id: "), received: "nothing" },
    { ...unknown, pointer: "/items/0/size", received: "string (not shown)" },
    {
      pointer: "/items/1/gift/to",
      expected: expect.stringContaining("text of at most 9"),
      received: "nothing",
    },
    { pointer: "/items/2", expected: "an object", received: "number 7" },
    { ...unknown, pointer: "/colour", received: "string (not shown)" },
    { ...unknown, pointer: "/__proto__", received: "array of 1" },
    { ...unknown, pointer: "/constructor", received: "null" },
  ]);
});

test("repeats the schema's own message for an unknown field", () => {
  const of = v.strictObject({ a: v.optional(id) }, "only a");
  expect(faultsOf({ b: 1 }, of)).toMatchObject([{ pointer: "/b", expected: "only a" }]);
});

test("lists fifty unknown fields and counts the rest", () => {
  const faults = faultsOf({
    ...named,
    ...Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`f${at}`, 1])),
  });
  expect(faults).toHaveLength(51);
  expect(faults.at(-1)).toMatchObject({ received: "20 more faults" });
});

test("repeats no text that people write, and repeats other values", () => {
  const of = v.strictObject({
    email,
    name: oneLine(5),
    comment: v.optional(text(3)),
    reason: v.pipe(text(90), v.minLength(30, "a longer reason")),
    supplier: v.optional(v.strictObject({ name: oneLine(5), email })),
    currency,
  });
  const sent = {
    email: "ann@x@y",
    name: "Ann Other",
    comment: "ill since May",
    reason: "Ann lied",
    supplier: { name: 4711, email: "bob@x@y" },
    currency: "usd",
  };
  const faults = faultsOf(sent, of);
  expect(faults.map(({ pointer, received }) => [pointer, received])).toEqual([
    ["/email", "string (not shown)"],
    ["/name", "string (not shown)"],
    ["/comment", "string (not shown)"],
    ["/reason", "string (not shown)"],
    ["/supplier/name", "number (not shown)"],
    ["/supplier/email", "string (not shown)"],
    ["/currency", 'string "usd"'],
  ]);
});
