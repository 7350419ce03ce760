import { describe, expect, test } from "@jest/globals";
import * as collections from "../collections.ts";
import type { definitionOf } from "./catalogue.ts";
import { catalogue } from "./catalogue.ts";
import type { Owned, ProducerGroups } from "./ownership.ts";
import { judge, OWNERS, thingOf, thingToJudge } from "./ownership.ts";

const groups: ProducerGroups = {
  ownerOf: producer => ({ shopify: "shop", pos: "shop", stripe: "stripe" })[producer] ?? "outside",
  areConfigured: true,
};
const unconfigured: ProducerGroups = { ownerOf: () => "outside", areConfigured: false };
const RECEIVED = "2026-01-01T00:00:00.000Z";
const at = Date.parse(RECEIVED);

const fact = (event_type: Parameters<typeof definitionOf>[0], producer: string) => ({
  ...{ event_type, producer, event_id: "evt_1", received_at: RECEIVED },
  ...{ user_id: "usr_1", order_id: "ord_1", payload: {} },
});

describe("entries of the catalogue", () => {
  const owned = [...catalogue.values()].filter(({ owner }) => owner !== undefined);

  test("name a thing exactly when they name owners", () => {
    for (const { owner, thing } of catalogue.values()) expect(thing === undefined).toBe(owner === undefined);
  });

  test("name collections of the shop", () => {
    const names = Object.values(collections).map(({ name }) => name);
    for (const { thing } of owned) expect(names).toContain(thing?.in);
  });

  test("find the thing of their own example", () => {
    for (const { example } of owned)
      expect(thingOf({ ...example, producer: "shopify", received_at: RECEIVED } as never)).toBeDefined();
  });
});

describe("judgement of a fact", () => {
  const ours: Owned = { owned_by: "checkout", owned_since_ms: at - 1 };
  const theirs: Owned = { owned_by: "shop", owned_since_ms: at - 1 };
  const before: Owned = { owned_by: "outside", owned_since_ms: at - 1 };

  test.each([
    ["our order", ours, "order.paid", "stripe", "foreign"],
    ["our order", ours, "order.placed", "shopify", "conflict"],
    ["our order", ours, "order.paid", "checkout", "counts"],
    ["our order", ours, "order.cancelled", "orders", "counts"],
    ["an outside order", theirs, "order.paid", "stripe", "counts"],
    ["an outside order", theirs, "refund.issued", "stripe", "counts"],
    ["an outside order", theirs, "order.cancelled", "pos", "counts"],
    ["an outside order", theirs, "order.cancelled", "checkout", "counts"],
    ["an outside order", theirs, "order.cancelled", "stripe", "foreign"],
    ["an outside order", theirs, "order.placed", "stripe", "conflict"],
    ["an outside order", theirs, "order.balance_changed", "shopify", "foreign"],
    ["an order from before the configuration", before, "order.cancelled", "shopify", "counts"],
    ["an unknown order", undefined, "order.placed", "shopify", "counts"],
    ["an unknown order", undefined, "order.paid", "stripe", "counts"],
    ["an unknown order", undefined, "order.cancelled", "shopify", "waits"],
    ["an unknown order", undefined, "order.balance_changed", "shopify", "foreign"],
    ["an order with payments only", {}, "order.cancelled", "shopify", "waits"],
    ["an unknown user", undefined, "user.banned", "stripe", "counts"],
  ] as const)("about %s is right", (_what, document, type, producer, expected) => {
    expect(judge(fact(type, producer), document, groups)).toBe(expected);
  });

  test("does not wait for a claim when one outside owner is possible", () => {
    expect(judge(fact("order.cancelled", "ingest"), undefined, unconfigured)).toBe("counts");
    expect(judge(fact("order.cancelled", "ingest"), { owned_by: "outside" }, unconfigured)).toBe("counts");
    expect(judge(fact("order.cancelled", "ingest"), ours, unconfigured)).toBe("foreign");
  });

  test("is the same before the claim and after a later claim", () => {
    const later = { owned_by: "checkout", owned_since_ms: at + 1 };
    for (const type of ["order.paid", "user.banned"] as const)
      expect([undefined, later].map(document => judge(fact(type, "stripe"), document, groups))).toEqual([
        ...["counts", "counts"],
      ]);
  });

  test("is a conflict for a second claim that was received first", () => {
    const later = { owned_by: "shop", owned_since_ms: at + 1 };
    expect(judge(fact("order.placed", "stripe"), later, groups)).toBe("conflict");
    expect(judge(fact("order.placed", "pos"), later, groups)).toBe("counts");
  });

  test("follows the claim alone when the fact had to wait", () => {
    const later = { owned_by: "shop", owned_since_ms: at + 1 };
    expect(judge(fact("order.cancelled", "stripe"), later, groups)).toBe("foreign");
    expect(judge(fact("order.cancelled", "pos"), later, groups)).toBe("counts");
  });

  test("needs no document for facts of owners and types without an owner", () => {
    expect(thingToJudge(fact("order.paid", "checkout"))).toBeUndefined();
    expect(thingToJudge(fact("product.viewed", "ingest"))).toBeUndefined();
    expect(thingToJudge(fact("order.paid", "ingest"))).toEqual({ in: "orders", id: "ord_1" });
  });

  test("names no outside owner like a function of this shop", () => {
    expect(["outside", "ingest", "adopt"].filter(name => OWNERS.has(name))).toEqual([]);
  });
});
