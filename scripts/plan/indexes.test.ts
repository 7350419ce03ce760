import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import type { StructuredQuery } from "../local-cloud/firestore/documents/messages.ts";
import { demandIndex } from "../local-cloud/firestore/query/index-check.ts";
import { indexes, TTL_FIELD } from "./indexes.ts";

const shared = fileURLToPath(new URL("../../shared", import.meta.url));
const sources = readdirSync(shared, { recursive: true, encoding: "utf8" })
  .filter(file => file.endsWith(".ts") && !file.endsWith(".test.ts"))
  .map(file => readFileSync(join(shared, file), "utf8"));
const all = sources.join("\n");

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

const equal = (field: string) => ({ fieldFilter: { field: { fieldPath: field }, op: "EQUAL" } });
const above = (field: string) => ({ fieldFilter: { field: { fieldPath: field }, op: "GREATER_THAN" } });
const both = (...filters: object[]) => ({ compositeFilter: { op: "AND", filters } });
const down = (fieldPath: string) => ({ field: { fieldPath }, direction: "DESCENDING" });

test.each<[string, StructuredQuery]>([
  ["no order", { from: [{ collectionId: "ledger" }], where: equal("state") }],
  ["its own name", { from: [{ collectionId: "ledger" }], orderBy: [{ field: { fieldPath: "__name__" } }] }],
  ["several equal fields", { from: [{ collectionId: "ledger" }], where: both(equal("state"), equal("by")) }],
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
