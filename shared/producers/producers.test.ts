import { describe, expect, test } from "@jest/globals";
import { functionFiles } from "../../scripts/plan/load-functions.ts";
import { topics } from "../events/catalogue.ts";
import { OWNERS } from "../events/ownership.ts";
import { callerOf, checkMayReport } from "./caller.ts";
import { FUNCTION_NAMES } from "./function-names.ts";
import { parseProducers } from "./producers.ts";

const types = ["order.placed", "OrderPaid"];
const textOf = (...list: object[]) => JSON.stringify(list);
const shop = { name: "shopify", types, group: "shop", key: "key-1" };

test("knows the name of every function", () => {
  const names = functionFiles().map(file => file.replace(/^.*\//, "").replace(/\.ts$/, ""));
  expect([...FUNCTION_NAMES]).toEqual(names.sort());
});

describe("configured producers", () => {
  test("join producers of a group into one owner", () => {
    const { ownerOf, areConfigured } = parseProducers(textOf(shop, { name: "pos", types, group: "shop" }));
    expect(areConfigured).toBe(true);
    expect(["shopify", "pos", "ingest", "user-events"].map(ownerOf)).toEqual([
      ...["shop", "shop", "outside", "outside"],
    ]);
  });

  test("are one owner when none are configured", () => {
    const { ownerOf, areConfigured } = parseProducers(undefined);
    expect([areConfigured, ownerOf("shopify")]).toEqual([false, "outside"]);
  });

  const reserved = [...FUNCTION_NAMES, ...OWNERS, ...topics, "adopt", "local", "outside", "user-events"];
  test.each(reserved)("refuse the name %s and a group of this name", name => {
    const refusal = new RegExp(`name ${name} is reserved: expected a name of no function, owner or topic`);
    expect(() => parseProducers(textOf({ ...shop, name, group: "shop" }))).toThrow(refusal);
    expect(() => parseProducers(textOf({ ...shop, group: name }))).toThrow(`group ${name} is reserved`);
  });

  test.each([
    ["{", "expected JSON"],
    ['{"name": "shop"}', "expected a list"],
    [textOf({ name: "shop" }), "types"],
    [textOf({ ...shop, producer: "checkout" }), "producer"],
    [textOf(shop, { ...shop, key: "key-2" }), "name shopify is there twice"],
    [textOf(shop, { ...shop, name: "pos" }), "key of pos is there twice"],
    [textOf({ ...shop, types: ["order.lost"] }), "type order.lost of shopify is unknown"],
    [textOf({ ...shop, types: ["order.balance_changed"] }), "is not for producers"],
    [textOf({ ...shop, name: "two words" }), 'name "two words" is no id'],
  ])("refuse %s", (json, reason) => {
    expect(() => parseProducers(json)).toThrow(reason);
  });
});

describe("caller of ingest", () => {
  const producers = parseProducers(textOf(shop));

  test.each([
    ["an API key", { "x-api-key": "key-1" }],
    ["a Bearer token", { authorization: "Bearer key-1" }],
  ])("is the producer of %s", (_what, headers) => {
    expect(callerOf({ headers }, producers)).toMatchObject({ name: "shopify" });
  });

  test.each([
    ["no key", {}],
    ["an unknown key", { "x-api-key": "key-2" }],
    ["a name instead of a key", { "x-api-key": "shopify", producer: "shopify" }],
  ])("is refused with %s", (_what, headers) => {
    expect(() => callerOf({ headers }, producers)).toThrow(expect.objectContaining({ status: 401 }));
  });

  test("needs no key when no producers are configured", () => {
    expect(callerOf({ headers: {} }, parseProducers(undefined))).toEqual({ name: "ingest" });
  });

  test("reports only its own types", () => {
    const caller = callerOf({ headers: { "x-api-key": "key-1" } }, producers);
    expect(() => checkMayReport(caller, "order.paid")).not.toThrow();
    expect(() => checkMayReport(caller, "user.banned")).toThrow(
      expect.objectContaining({
        status: 403,
        faults: [{ pointer: "/event_type", expected: expect.anything(), received: "user.banned" }],
      }),
    );
  });
});
