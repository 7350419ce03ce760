import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import type { StructuredQuery } from "../local-cloud/firestore/documents/messages.ts";
import { demandIndex } from "../local-cloud/firestore/query/index-check.ts";
import { AUTOMATIC, indexes, TTL_FIELD } from "./indexes.ts";

const shared = fileURLToPath(new URL("../../shared", import.meta.url));
const sources = readdirSync(shared, { recursive: true, encoding: "utf8" })
  .filter(file => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .map(file => readFileSync(join(shared, file), "utf8"));
const all = sources.join("\n");

const declared = [...all.matchAll(/collection(?:<[^>]+>)?\("(\w+)"\)/g)].map(([, name = ""]) => name);

test("decides about the automatic indexes of every declared collection", () => {
  const decided = [...indexes.exempt, ...AUTOMATIC];
  expect(decided.toSorted()).toEqual([...new Set(declared)].toSorted());
});

test("names only exempt collections in field indexes and TTL policies", () => {
  const named = [...indexes.fields.map(({ collection }) => collection), ...indexes.expiring];
  expect(named.filter(name => !indexes.exempt.includes(name))).toEqual([]);
});

test("plans composite indexes for declared collections only", () => {
  const named = indexes.composite.map(({ collection }) => collection);
  expect(named.filter(name => !declared.includes(name))).toEqual([]);
});

/** Field configurations that one database may have: https://cloud.google.com/firestore/quotas */
const MAX_FIELD_CONFIGURATIONS = 200;

test("plans fewer field configurations than a database may have", () => {
  const { exempt, fields, expiring } = indexes;
  expect(exempt.length + fields.length + expiring.length).toBeLessThan(MAX_FIELD_CONFIGURATIONS);
});

test("plans a TTL policy for every collection with an expiry time", () => {
  const collections = [...all.matchAll(/collection<([^>]+)>\("(\w+)"\)/g)];
  const expiring = collections.filter(([, shape = ""]) => {
    const [, body = shape] = new RegExp(`interface ${shape}\\b[^{]*\\{([^]*?)\\n\\}`).exec(all) ?? [];
    return body.includes(TTL_FIELD);
  });
  expect(collections.length).toBeGreaterThan(40);
  expect([...indexes.expiring].sort()).toEqual(expiring.map(([, , name]) => name).sort());
});

test("plans no index on the archiving or expiry time alone", () => {
  expect(indexes.fields.filter(({ field }) => field === "archived_at" || field === TTL_FIELD)).toEqual([]);
});

const from = (collectionId: string, allDescendants = false) => [{ collectionId, allDescendants }];
const equal = (field: string) => ({ fieldFilter: { field: { fieldPath: field }, op: "EQUAL" } });
const contains = (field: string) => ({
  fieldFilter: { field: { fieldPath: field }, op: "ARRAY_CONTAINS" },
});
const above = (field: string) => ({ fieldFilter: { field: { fieldPath: field }, op: "GREATER_THAN" } });
const both = (...filters: object[]) => ({ compositeFilter: { op: "AND", filters } });
const up = (fieldPath: string) => ({ field: { fieldPath }, direction: "ASCENDING" });
const down = (fieldPath: string) => ({ field: { fieldPath }, direction: "DESCENDING" });

test.each<[string, StructuredQuery]>([
  ["no order", { from: [{ collectionId: "ledger" }], where: equal("state") }],
  ["its own name", { from: [{ collectionId: "ledger" }], orderBy: [{ field: { fieldPath: "__name__" } }] }],
  ["several equal fields", { from: [{ collectionId: "ledger" }], where: both(equal("state"), equal("by")) }],
  ["a field of a collection that the list lacks", { from: from("points"), where: equal("level") }],
  ["several such fields", { from: from("points"), where: both(equal("level"), equal("day")) }],
  ["such a list", { from: from("points"), where: both(contains("tags"), equal("level")) }],
  ["a range of such a field", { from: from("points"), where: above("earned_at") }],
  ["such a field, descending", { from: from("points"), orderBy: [down("earned_at"), down("__name__")] }],
  ["a collection that keeps automatic indexes", { from: from("audit"), where: equal("target") }],
  [
    "the name in a collection group",
    { from: from("points", true), orderBy: [{ field: { fieldPath: "__name__" } }] },
  ],
  ["a range of one field", { from: [{ collectionId: "events" }], where: above("day") }],
  [
    "an equal field and another one's order",
    { from: [{ collectionId: "orders" }], where: equal("user_id"), orderBy: [down("placed_at_ms")] },
  ],
])("answers a query by %s", (_what, query) => {
  expect(() => demandIndex(query, [], indexes)).not.toThrow();
});

test.each<[string, StructuredQuery, string]>([
  ["a field without an index", { from: [{ collectionId: "ledger" }], where: equal("n") }, "ledger(n)"],
  [
    "a field and another one's order",
    { from: [{ collectionId: "orders" }], where: equal("user_id"), orderBy: [down("paid_at_ms")] },
    "orders(user_id, paid_at_ms descending)",
  ],
  [
    "two fields of a collection that the list lacks",
    { from: from("points"), where: equal("level"), orderBy: [down("earned_at")] },
    "points(level, earned_at descending)",
  ],
  [
    "ranges of two such fields",
    { from: from("points"), where: both(above("level"), above("day")) },
    "points(level ascending, day ascending)",
  ],
  [
    "such a list and an order",
    { from: from("points"), where: contains("tags"), orderBy: [up("day")] },
    "points(tags, day ascending)",
  ],
  [
    "such a field and the name against its direction",
    { from: from("points"), orderBy: [up("day"), down("__name__")] },
    "points(day ascending, __name__ descending)",
  ],
  [
    "a field of a collection group",
    { from: from("points", true), where: equal("level") },
    "points(level) of the collection group",
  ],
  [
    "the other direction",
    { from: [{ collectionId: "events" }], orderBy: [down("day")] },
    "events(day descending)",
  ],
  [
    "a field that grows with time",
    { from: [{ collectionId: "events" }], where: above("archived_at") },
    "events(archived_at ascending)",
  ],
])("refuses a query by %s, as production does", (_what, query, index) => {
  expect(() => demandIndex(query, [], indexes)).toThrow(`The query requires an index: ${index}`);
});

const SUM = { sum: { field: { fieldPath: "n" } } };
const AVERAGE = { avg: { field: { fieldPath: "n" } } };

test("answers sum and average of one field by its automatic index", () => {
  expect(() => demandIndex({ from: from("points") }, [SUM, AVERAGE], indexes)).not.toThrow();
  expect(() => demandIndex({ from: from("points"), where: above("n") }, [SUM], indexes)).not.toThrow();
});

test("refuses a sum over equal documents without a composite index", () => {
  const asked = () => demandIndex({ from: from("points"), where: equal("level") }, [SUM], indexes);
  expect(asked).toThrow("The query requires an index: points(level, n ascending)");
});
