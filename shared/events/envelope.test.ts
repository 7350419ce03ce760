import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { FactOf } from "./catalogue.ts";
import type { PulseCartEvent } from "./envelope.ts";
import { enrich, fingerprintOf, isPublished, subjectOf } from "./envelope.ts";
import { validate } from "./validate.ts";

const viewed: FactOf<"product.viewed"> = {
  event_type: "product.viewed",
  user_id: "usr_1",
  payload: { product_id: "prod_1" },
};
const known = {
  nowMs: Date.UTC(2025, 5, 18, 10, 0, 0),
  newId: () => "evt_new",
  producer: "ingest",
};

test("fills in the missing fields of an event", () => {
  expect(enrich(viewed, known)).toEqual({
    event_type: "product.viewed",
    event_id: "evt_new",
    timestamp: "2025-06-18T10:00:00.000Z",
    user_id: "usr_1",
    payload: { product_id: "prod_1" },
    schema_version: 1,
    producer: "ingest",
    received_at: "2025-06-18T10:00:00.000Z",
    correlation_id: "evt_new",
  });
});

const OWN_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const OTHER_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

test("keeps the sender's id, time, correlation and trace", () => {
  const own = {
    event_id: "evt_own",
    timestamp: "2024-01-01T00:00:00.000Z",
    correlation_id: "corr_own",
    traceparent: OWN_TRACE,
  };
  const enriched = enrich(
    { ...viewed, ...own },
    { ...known, correlationId: "corr", traceparent: OTHER_TRACE },
  );
  expect(enriched).toMatchObject(own);
});

test("ignores the sender's values of the pipeline's fields", () => {
  const forged = {
    ...viewed,
    schema_version: 7,
    producer: "checkout",
    received_at: "1999-01-01T00:00:00.000Z",
    causation_id: "evt_forged",
    traceparent: `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
  };
  expect(enrich(forged, known)).toEqual(enrich(viewed, known));
  expect(enrich(viewed, { ...known, causationId: "evt_cause" }).causation_id).toBe("evt_cause");
});

test("counts an enriched event as published and keeps it when read again", () => {
  const event = enrich(viewed, {
    ...known,
    causationId: "evt_cause",
    traceparent: OWN_TRACE,
  });
  expect(isPublished(viewed)).toBe(false);
  expect(isPublished(event)).toBe(true);
  expect(validate(JSON.parse(JSON.stringify(event)))).toEqual({
    ok: true,
    event,
  });
});

test("names the user as subject, else order, purchase or product", () => {
  const paid: FactOf = {
    event_type: "order.paid",
    order_id: "ord_1",
    payload: { amount: 1 },
  };
  expect(subjectOf(paid)).toBe("ord_1");
  expect(subjectOf({ ...paid, user_id: "usr_1" })).toBe("usr_1");
  expect(
    subjectOf({
      event_type: "purchase.completed",
      payload: { purchase_id: "pur_1" },
    }),
  ).toBe("pur_1");
  const low = { product_id: "prod_1", current_stock: 1, threshold: 2 };
  expect(subjectOf({ event_type: "inventory.low_stock_alert", payload: low })).toBe("prod_1");
  expect(() => subjectOf({ ...paid, order_id: undefined } as unknown as FactOf)).toThrow("names no subject");
});

test("narrows payload and ids by the event's type", () => {
  const describe = (event: PulseCartEvent): string => {
    if (event.event_type === "cart.item_added") {
      const { session_id, payload }: { session_id: string; payload: { quantity: number } } = event;
      return `${session_id} ${payload.quantity}`;
    }
    // @ts-expect-error: not every type has a session
    const session: string = event.session_id;
    return String(session);
  };
  expect(describe(enrich(viewed, known))).toBe("undefined");
});

test("ignores the order of keys in a fingerprint, but no value", () => {
  const one = JSON.parse('{"a":1,"b":{"c":[1,2],"d":null}}');
  expect(fingerprintOf(one)).toMatch(/^[\w-]{32}$/);
  expect(fingerprintOf(JSON.parse('{"b":{"d":null,"c":[1,2]},"a":1.0}'))).toBe(fingerprintOf(one));
  const others = [
    '{"a":1,"b":{"c":[2,1],"d":null}}',
    '{"a":"1","b":{"c":[1,2],"d":null}}',
    '{"a":1,"b":{"c":[1,2]}}',
  ];
  expect(fingerprintOf([1, 2])).not.toBe(fingerprintOf([12]));
  for (const other of others) expect(fingerprintOf(JSON.parse(other))).not.toBe(fingerprintOf(one));
});

test("gives equal fingerprints to equal bodies alone", () => {
  const small = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(small, small, (one, other) => {
      const text = (value: unknown): string => JSON.stringify(sorted(value));
      expect(fingerprintOf(one) === fingerprintOf(other)).toBe(text(one) === text(other));
      expect(fingerprintOf(reversed(one))).toBe(fingerprintOf(one));
    }),
  );
});

test("hashes a body that nests deeper than calls can", () => {
  const deep = JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`);
  expect(fingerprintOf(deep)).toHaveLength(32);
});

function sorted(value: unknown): unknown {
  return withKeys(value, keys => keys.sort());
}

function reversed(value: unknown): unknown {
  return withKeys(value, keys => keys.reverse());
}

function withKeys(value: unknown, arrange: (keys: string[]) => string[]): unknown {
  if (Array.isArray(value)) return value.map(part => withKeys(part, arrange));
  if (typeof value !== "object" || value === null) return value;
  const keys = arrange(Object.keys(value));
  return Object.fromEntries(keys.map(key => [key, withKeys(Reflect.get(value, key), arrange)]));
}
