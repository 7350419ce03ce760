import { expect, test } from "@jest/globals";
import { catalogue, findDefinition, topics } from "./catalogue.ts";
import { subjectOf } from "./envelope.ts";
import { validate } from "./validate.ts";

const definitions = [...catalogue.values()];
const named = definitions.map(definition => [definition.type, definition] as const);

// Names that other systems gave to a plan and to a state.
const EXCEPTIONS = ["message.personalized_send", "inventory.low_stock_alert"];
const IRREGULAR_PARTICIPLES = ["paid", "sent"];
const PARTICLES = ["up", "in", "out", "off"];

function isPastTenseFact(type: string): boolean {
  const [, what] = /^[a-z]+\.([a-z]+(?:_[a-z]+)*)$/.exec(type) ?? [];
  const last = what
    ?.split("_")
    .filter(word => !PARTICLES.includes(word))
    .at(-1);
  return last !== undefined && (last.endsWith("ed") || IRREGULAR_PARTICIPLES.includes(last));
}

test("names every type as a past-tense fact, with two exceptions", () => {
  const others = definitions.map(({ type }) => type).filter(type => !isPastTenseFact(type));
  expect(others.sort()).toEqual([...EXCEPTIONS].sort());
  for (const command of ["send_confirmation_email", "order.place", "email.send", "order", "Order.placed"]) {
    expect(isPastTenseFact(command)).toBe(false);
  }
});

test("holds every type that other systems know, on its topic", () => {
  const typesOn = (topic: string) => definitions.filter(d => d.topic === topic).map(d => d.type);
  expect(topics).toEqual(["pulsecart.user-actions", "pulsecart.commerce-events", "pulsecart.system-events"]);
  expect(typesOn("pulsecart.user-actions")).toEqual(
    expect.arrayContaining([
      "cart.item_added",
      "cart.item_removed",
      "product.reviewed",
      "product.viewed",
      "search.performed",
      "user.signed_up",
    ]),
  );
  expect(typesOn("pulsecart.commerce-events")).toEqual(
    expect.arrayContaining([
      "cart.abandoned",
      "order.cancelled",
      "order.paid",
      "order.placed",
      "payment.failed",
      "purchase.completed",
      "refund.issued",
    ]),
  );
  expect(typesOn("pulsecart.system-events")).toEqual(
    expect.arrayContaining([
      "inventory.low_stock_alert",
      "message.personalized_send",
      "recommendation.updated",
      "user.banned",
      "user.segment_changed",
    ]),
  );
});

test("leaves only views and searches unordered", () => {
  const unordered = definitions.filter(definition => !definition.ordered).map(({ type }) => type);
  expect(unordered).toEqual(["product.viewed", "search.performed"]);
});

test("finds one type by each name and alias", () => {
  const names = definitions.flatMap(({ type, aliases }) => [type, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const definition of definitions) {
    for (const name of [definition.type, ...definition.aliases]) {
      expect(findDefinition(name)).toBe(definition);
    }
  }
});

test.each(["", "__proto__", "constructor", "toString", "hasOwnProperty", "ORDER.PLACED", "order.placed "])(
  "finds no type under %j",
  name => expect(findDefinition(name)).toBeUndefined(),
);

test.each(named)("accepts the example of %s as written", (_type, definition) => {
  const sent = JSON.parse(JSON.stringify(definition.example));
  expect(validate(sent)).toEqual({
    ok: true,
    event: { ...definition.example, schema_version: definition.version },
  });
});

test.each(named)(
  "holds personal data of %s at its pointers, and repeats none",
  (_type, { personal, example }) => {
    for (const pointer of personal) {
      expect(pointer).toMatch(/^\/payload\/[a-z_]+$/);
      const broken = {
        ...example,
        payload: {
          ...example.payload,
          [pointer.slice("/payload/".length)]: ["secret"],
        },
      };
      expect(validate(broken)).toMatchObject({
        ok: false,
        faults: [{ pointer, received: "array of 1" }],
      });
    }
  },
);

test.each(named)("refuses %s when it names none of its subjects", (_type, definition) => {
  const { example } = definition;
  const last = definition.subject.at(-1)?.split("/").at(-1) ?? "";
  const without = (fields: object) =>
    Object.fromEntries(Object.entries(fields).filter(([name]) => name !== last));
  expect(subjectOf(validEvent(example))).toMatch(/^(usr|prod)_/);
  expect(validate({ ...without(example), payload: without(example.payload) }).ok).toBe(false);
});

test.each(named)("has an upcaster for every older version of %s", (_type, { version, upcasters }) => {
  const from = Object.keys(upcasters).map(Number);
  expect(from).toEqual(Array.from({ length: version - 1 }, (_, index) => index + 1));
});

function validEvent(raw: unknown) {
  const checked = validate(raw);
  if (!checked.ok) throw new Error(JSON.stringify(checked.faults));
  return checked.event;
}
