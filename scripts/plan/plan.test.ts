import { expect, test } from "@jest/globals";
import type { EventType } from "../../shared/events/catalogue.ts";
import { catalogue } from "../../shared/events/catalogue.ts";
import { parseFilter } from "../local-cloud/pubsub/filter.ts";
import { planOf } from "./plan.ts";

const all = [...catalogue.keys()];
const plan = (types: readonly EventType[], name = "probe") =>
  planOf([{ kind: "reaction", name, types }]).subscriptions;

/** Returns the types that the subscriptions pass. */
function delivered(types: readonly EventType[]): EventType[] {
  return plan(types).flatMap(({ topic, filter }) => {
    const passes = parseFilter(filter);
    return all.filter(type => catalogue.get(type)?.topic === topic && passes({ event_type: type }));
  });
}

test("subscribes a reaction to the topics of its types, once each", () => {
  const subscriptions = plan(["order.placed", "order.paid", "cart.item_added"]);
  expect(subscriptions.map(({ topic }) => topic)).toEqual([
    "pulsecart.commerce-events",
    "pulsecart.user-actions",
  ]);
  expect(subscriptions[0]?.name).toMatch(/^pulsecart\.probe\.commerce-events\.[0-9a-z]{8}$/);
});

test.each(all.map((type, index) => [type, all.slice(0, index + 1)] as const))(
  "delivers all types up to %s with a valid filter",
  (_last, types) => {
    expect(delivered(types)).toEqual(expect.arrayContaining([...types]));
    for (const { filter } of plan(types)) expect(Buffer.byteLength(filter)).toBeLessThanOrEqual(256);
  },
);

test("delivers no other type when the filter fits", () => {
  expect(delivered(["order.placed"])).toEqual(["order.placed"]);
  expect(delivered(["cart.item_added", "user.signed_up"]).sort()).toEqual([
    "cart.item_added",
    "user.signed_up",
  ]);
});

test("renames a subscription when its filter changes", () => {
  const [one] = plan(["order.placed"]);
  const [other] = plan(["order.paid"]);
  expect(one?.name).not.toBe(other?.name);
  expect(plan(["order.placed"])).toEqual([one]);
});

test("plans queues, schedules and callers", () => {
  const planned = planOf([
    { kind: "timer", name: "abandon-cart" },
    { kind: "effect", name: "send-mail" },
    { kind: "schedule", name: "sweep", cron: "* * * * *" },
    { kind: "http", name: "ingest", prefixes: ["/events"], routes: ["POST /events"] },
    { kind: "http", name: "links", prefixes: ["/links"], routes: ["GET /links/:id"], callers: "public" },
  ]);
  expect(planned.queues).toEqual(["abandon-cart", "send-mail", "releases"]);
  expect(planned.schedules).toEqual([{ functionName: "sweep", cron: "* * * * *" }]);
  expect(planned.topics).toContain("pulsecart.dead-letters");
  expect(planned.callers).toEqual([
    { functionName: "abandon-cart", callers: "invoker" },
    { functionName: "send-mail", callers: "invoker" },
    { functionName: "sweep", callers: "invoker" },
    { functionName: "ingest", callers: "services" },
    { functionName: "links", callers: "public" },
  ]);
});

test("plans a separate subscription for immediate types", () => {
  const immediate: EventType[] = ["payment.failed", "user.banned"];
  const types: EventType[] = ["order.placed", "user.signed_up", ...immediate];
  const { subscriptions } = planOf([{ kind: "reaction", name: "probe", types, immediate }]);
  const passing = (processing: string | undefined) =>
    subscriptions
      .filter(subscription => subscription.processing === processing)
      .flatMap(({ topic, filter }) => {
        const passes = parseFilter(filter);
        return all.filter(type => catalogue.get(type)?.topic === topic && passes({ event_type: type }));
      });
  expect(passing("immediate").sort()).toEqual([...immediate].sort());
  expect(passing(undefined).sort()).toEqual(["order.placed", "user.signed_up"]);
  expect(new Set(subscriptions.map(({ name }) => name)).size).toBe(subscriptions.length);
});
