import { expect, test } from "@jest/globals";
import { catalogue } from "./catalogue.ts";
import type { JsonObject } from "./fault.ts";
import type { Invalid } from "./validate.ts";
import { validate } from "./validate.ts";

const ADDED: JsonObject = catalogue.get("cart.item_added")?.example ?? {};

function refused(raw: unknown): Invalid {
  const checked = validate(raw);
  if (checked.ok) throw new Error(`accepted ${JSON.stringify(checked.event)}`);
  return checked;
}

function pointers(raw: unknown): string[] {
  return refused(raw).faults.map(fault => fault.pointer);
}

test("lists every fault, each with its place, what was expected and what came", () => {
  const sent = {
    event_type: "order.placed",
    event_id: "evt 1",
    timestamp: "2025-02-30T10:00:00Z",
    user_id: 1.5,
    payload: {
      items: [{ product_id: "a/b", quantity: 0 }, "x"],
      total: "89.99",
      currency: "usd",
      email: "me@x@y",
    },
  };
  const { kind, faults } = refused(sent);
  expect(kind).toBe("faults");
  expect(faults.map(({ pointer, received }) => [pointer, received])).toEqual([
    ["/event_id", 'string "evt 1"'],
    ["/timestamp", 'string "2025-02-30T10:00:00Z"'],
    ["/user_id", "number 1.5"],
    ["/order_id", "nothing"],
    ["/payload/items/0/product_id", 'string "a/b"'],
    ["/payload/items/0/quantity", "number 0"],
    ["/payload/items/1", 'string "x"'],
    ["/payload/total", 'string "89.99"'],
    ["/payload/currency", 'string "usd"'],
    ["/payload/email", "string (not shown)"],
  ]);
  expect(faults.find(fault => fault.pointer === "/order_id")?.expected).toContain(
    "an id: 1 to 128 characters",
  );
  expect(faults.find(fault => fault.pointer === "/payload/total")?.expected).toContain("an amount of money");
});

test("a payload is an object, also where no field of it is required", () => {
  for (const payload of [[], "{}", null, 1]) {
    const sent = { event_type: "order.cancelled", order_id: 1, payload };
    expect(refused(sent).faults).toMatchObject([{ pointer: "/payload", expected: "an object" }]);
  }
  expect(validate({ event_type: "order.cancelled", order_id: 1 }).ok).toBe(true);
});

test("a list that is too long is one fault, and a long value is shown by its beginning", () => {
  const sent = {
    event_type: "order.cancelled",
    order_id: "x".repeat(500),
    payload: { items: Array(501).fill(1) },
  };
  expect(refused(sent).faults.map(({ pointer, received }) => [pointer, received])).toEqual([
    ["/order_id", `string of 500 characters "${"x".repeat(60)}"...`],
    ["/payload/items", "array of 501"],
  ]);
});

test("says one thing about one place: the first that is wrong with it", () => {
  const payload = { product_id: "p", quantity: Number.POSITIVE_INFINITY };
  expect(refused({ ...ADDED, payload }).faults).toEqual([
    { pointer: "/payload/quantity", expected: "a number a double can hold", received: "number Infinity" },
  ]);
});

test("points into what was sent, whatever its shape", () => {
  const flat = {
    event: "OrderCreated",
    userId: "a b",
    orderId: 1,
    items: [{ productId: 1.5, quantity: 1 }],
    total: "much",
    email: 5,
  };
  expect(pointers(flat)).toEqual(["/userId", "/items/0/productId", "/total", "/email"]);
  const inPayload = {
    event_type: "order.paid",
    payload: { orderId: "", amount: 1 },
  };
  expect(pointers(inPayload)).toEqual(["/payload/orderId"]);
});

test.each([[null], [[]], ["order.placed"], [1], [undefined]])("%j is no event", raw => {
  expect(refused(raw)).toMatchObject({
    kind: "no_type",
    faults: [{ pointer: "", expected: "a JSON object" }],
  });
});

test("without a type, or with one that nobody knows, it says so", () => {
  expect(refused({ user_id: "usr_1" })).toMatchObject({
    kind: "no_type",
    faults: [{ pointer: "/event_type" }],
  });
  expect(refused({ event_type: "", event: null }).kind).toBe("no_type");
  for (const type of ["__proto__", "constructor", "order.shipped", 5, ["order.placed"], { a: 1 }]) {
    expect(refused({ event_type: type })).toMatchObject({
      kind: "unknown_type",
      faults: [
        {
          pointer: "/event_type",
          expected: expect.stringContaining("order.placed"),
        },
      ],
    });
  }
  expect(refused({ event: "nothing.happened" }).faults[0]?.pointer).toBe("/event");
});

const ids = [
  "",
  "a b",
  "a\tb",
  "a/b",
  ".",
  "..",
  "__proto__",
  "__x__",
  "constructor",
  "prototype",
  "a\u200bb",
  "\u0085",
];

test.each([...ids, "x".repeat(129), -1, 1.5, 2 ** 53, true, null, {}])("refuses the id %j", id => {
  expect(pointers({ ...ADDED, user_id: id })).toEqual(["/user_id"]);
  expect(pointers({ ...ADDED, event_id: id })).toEqual(["/event_id"]);
});

test.each(["x".repeat(128), "a.b", "...", "toString", "usr:8821", "ключ-1", 0, 2 ** 53 - 1])(
  "takes the id %j",
  id => {
    expect(validate({ ...ADDED, user_id: id })).toMatchObject({
      ok: true,
      event: { user_id: String(id) },
    });
  },
);

test("keeps payload fields it does not know, even those every object has", () => {
  const payload = {
    product_id: "p",
    quantity: 1,
    gift: { wrap: true },
    toString: "x",
    valueOf: null,
    "": 0,
  };
  expect(validate({ ...ADDED, payload })).toMatchObject({
    ok: true,
    event: { payload },
  });
});

test("leaves the pipeline's own fields out where they are no use, and refuses no event for them", () => {
  const marks = {
    producer: 5,
    received_at: "soon",
    correlation_id: "a b",
    causation_id: {},
    traceparent: "00-1",
  };
  expect(validate({ ...ADDED, ...marks })).toEqual(validate(ADDED));
});

test("does not repeat personal data, nor what nobody has declared", () => {
  const bodies = [
    {
      event: "user.created",
      userId: 1,
      email: "secret one",
      name: { secret: 1 },
    },
    {
      event_type: "search.performed",
      user_id: 1,
      payload: { query: "secret".repeat(200) },
    },
    {
      event_type: "user.signed_up",
      user_id: 1,
      payload: '{"email":"secret@example.com"}',
    },
    {
      event_type: "user.signed_up",
      user_id: 1,
      secret_email: "secret@example.com",
      payload: { email: "a@b" },
    },
    {
      event_type: "user.signed_up",
      user_id: 1,
      payload: { email: "secret\ud800" },
    },
  ];
  for (const body of bodies) {
    expect(
      refused(body)
        .faults.map(fault => fault.received)
        .join(),
    ).not.toContain("secret");
  }
});
