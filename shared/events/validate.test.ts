import { describe, expect, test } from "@jest/globals";
import { catalogue } from "./catalogue.ts";
import type { JsonObject } from "./json-object.ts";
import type { Invalid } from "./validate.ts";
import { validate } from "./validate.ts";

const ADDED: JsonObject = catalogue.get("cart.item_added")?.example ?? {};

function refused(raw: unknown): Invalid {
  const checked = validate(raw);
  if (checked.ok) throw new Error(`event accepted: expected faults, got ${JSON.stringify(checked.event)}`);
  return checked;
}

function pointers(raw: unknown): string[] {
  return refused(raw).faults.map(fault => fault.pointer);
}

function received(raw: unknown): [string, string][] {
  return refused(raw).faults.map(fault => [fault.pointer, fault.received]);
}

describe("faults", () => {
  test("lists every fault with its place and received value", () => {
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
    expect(refused(sent).kind).toBe("faults");
    expect(received(sent)).toEqual([
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
  });

  test("states the expectation of each field", () => {
    const { faults } = refused({ event_type: "order.placed", payload: { items: [], total: "89.99" } });
    const expectations = new Map(faults.map(({ pointer, expected }) => [pointer, expected]));
    expect(expectations.get("/order_id")).toContain("an id: 1 to 128 characters");
    expect(expectations.get("/payload/total")).toContain("an amount of money");
  });

  test.each(["ZZZ", "XXX", "BGN"])("refuses the currency %s", currency => {
    const sent = { event_type: "order.placed", order_id: "ord_1", payload: { total: 1, currency } };
    const { faults } = refused(sent);
    expect(faults.find(({ pointer }) => pointer === "/payload/currency")).toEqual({
      pointer: "/payload/currency",
      expected: "an ISO 4217 currency code such as EUR",
      received: `string "${currency}"`,
    });
  });

  test("reports a payload that is no object", () => {
    for (const payload of [[], "{}", null, 1]) {
      const sent = { event_type: "order.cancelled", order_id: 1, payload };
      expect(refused(sent).faults).toMatchObject([{ pointer: "/payload", expected: "an object" }]);
    }
    expect(validate({ event_type: "order.cancelled", order_id: 1 }).ok).toBe(true);
  });

  test("reports too long a list once and shortens a long value", () => {
    const payload = { items: Array(501).fill(1) };
    expect(received({ event_type: "order.cancelled", order_id: "x".repeat(500), payload })).toEqual([
      ["/order_id", `string of 500 characters "${"x".repeat(60)}"...`],
      ["/payload/items", "array of 501"],
    ]);
  });

  test("reports the first fault of each place", () => {
    const payload = { product_id: "p", quantity: Number.POSITIVE_INFINITY };
    expect(refused({ ...ADDED, payload }).faults).toEqual([
      { pointer: "/payload/quantity", expected: "a number a double can hold", received: "number Infinity" },
    ]);
  });

  test("points into the body as sent, for every shape", () => {
    const flat = {
      event: "OrderCreated",
      userId: "a b",
      orderId: 1,
      items: [{ productId: 1.5, quantity: 1 }],
      total: "much",
      email: 5,
    };
    expect(pointers(flat)).toEqual(["/userId", "/items/0/productId", "/total", "/email"]);
    expect(pointers({ event_type: "order.paid", payload: { orderId: "", amount: 1 } })).toEqual([
      "/payload/orderId",
    ]);
  });

  test("lists fifty faults and counts the rest", () => {
    const items = Array(100).fill({ quantity: "x".repeat(1000) });
    const sent = { event_type: "order.placed", user_id: 1, order_id: 1, payload: { total: 1, items } };
    const { faults } = refused(sent);
    expect(faults).toHaveLength(51);
    expect(faults.at(-1)).toMatchObject({ pointer: "", received: "150 more faults" });
    for (const fault of faults) expect(fault.received.length).toBeLessThanOrEqual(100);
  });

  test("points at the holder of too long a key", () => {
    const payload = { product_id: "p", quantity: 1, ["k".repeat(10_000)]: { x: Number.POSITIVE_INFINITY } };
    expect(pointers({ ...ADDED, payload })).toEqual(["/payload"]);
  });

  test("reports too many values and checks no schema then", () => {
    const items = Array(60_000).fill({ quantity: "x" });
    expect(refused({ ...ADDED, payload: { items } }).faults).toEqual([
      { pointer: "", expected: "at most 10000 values in one event", received: "more" },
    ]);
  });

  test("reports nesting beyond 32 levels", () => {
    const added = (levels: number) => {
      const x = JSON.parse("[".repeat(levels) + "]".repeat(levels));
      return { ...ADDED, payload: { product_id: "p", quantity: 1, x } };
    };
    expect(validate(added(30)).ok).toBe(true);
    expect(pointers(added(31))).toEqual([`/payload/x${"/0".repeat(30)}`]);
    expect(pointers(added(20_000))).toEqual([`/payload/x${"/0".repeat(30)}`]);
  });
});

describe("types", () => {
  test.each([[null], [[]], ["order.placed"], [1], [undefined]])("reports %j as no event", raw => {
    expect(refused(raw)).toMatchObject({
      kind: "no_type",
      faults: [{ pointer: "", expected: "a JSON object" }],
    });
  });

  test("reports a missing type", () => {
    expect(refused({ user_id: "usr_1" })).toMatchObject({
      kind: "no_type",
      faults: [{ pointer: "/event_type" }],
    });
    expect(refused({ event_type: "", event: null }).kind).toBe("no_type");
  });

  test.each(["__proto__", "constructor", "order.shipped", 5, ["order.placed"], { a: 1 }])(
    "reports the unknown type %j with all known types",
    type => {
      expect(refused({ event_type: type })).toMatchObject({
        kind: "unknown_type",
        faults: [{ pointer: "/event_type", expected: expect.stringContaining("order.placed") }],
      });
    },
  );

  test("points at the key that holds the unknown type", () => {
    expect(pointers({ event: "nothing.happened" })).toEqual(["/event"]);
  });
});

const INVALID_IDS = [
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

describe("ids", () => {
  test.each([...INVALID_IDS, "x".repeat(129), -1, 1.5, 2 ** 53, true, null, {}])("refuses the id %j", id => {
    expect(pointers({ ...ADDED, user_id: id })).toEqual(["/user_id"]);
    expect(pointers({ ...ADDED, event_id: id })).toEqual(["/event_id"]);
  });

  test.each(["x".repeat(128), "a.b", "...", "toString", "usr:8821", "ключ-1", 0, 2 ** 53 - 1])(
    "accepts the id %j",
    id => {
      expect(validate({ ...ADDED, user_id: id })).toMatchObject({ ok: true, event: { user_id: String(id) } });
    },
  );
});

describe("fields that the schema does not name", () => {
  test("keeps unknown payload fields, even names that every object has", () => {
    const payload = {
      product_id: "p",
      quantity: 1,
      gift: { wrap: true },
      toString: "x",
      valueOf: null,
      "": 0,
    };
    expect(validate({ ...ADDED, payload })).toMatchObject({ ok: true, event: { payload } });
  });

  test("leaves out invalid fields of the pipeline", () => {
    const invalid = {
      producer: 5,
      received_at: "soon",
      correlation_id: "a b",
      causation_id: {},
      traceparent: "00-1",
    };
    expect(validate({ ...ADDED, ...invalid })).toEqual(validate(ADDED));
  });
});

describe("personal data", () => {
  test.each<[string, JsonObject]>([
    ["a flat body", { event: "user.created", userId: 1, email: "secret one", name: { secret: 1 } }],
    [
      "too long a personal text",
      { event_type: "search.performed", user_id: 1, payload: { query: "secret".repeat(200) } },
    ],
    [
      "a payload that is text",
      { event_type: "user.signed_up", user_id: 1, payload: '{"email":"secret@example.com"}' },
    ],
    [
      "an undeclared field",
      {
        event_type: "user.signed_up",
        user_id: 1,
        secret_email: "secret@example.com",
        payload: { email: "a@b" },
      },
    ],
    ["broken Unicode", { event_type: "user.signed_up", user_id: 1, payload: { email: "secret\ud800" } }],
  ])("does not repeat personal data from %s", (_what, body) => {
    const texts = refused(body).faults.map(fault => fault.received);
    expect(texts.join()).not.toContain("secret");
  });
});
