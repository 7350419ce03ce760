import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Damage } from "./damage.ts";
import type { DamagedShop, SeedResult } from "./run-seeds.ts";
import { openDamagedShop, runSeeds } from "./run-seeds.ts";

let shop: DamagedShop;
beforeAll(async () => {
  shop = await openDamagedShop();
});
afterAll(() => shop.world.close());

const pathOf = (collection: string, isWanted: (fields: Record<string, unknown>) => boolean): string => {
  const found = [...shop.intact].find(
    ([path, fields]) => path.startsWith(`${collection}/`) && isWanted({ ...fields }),
  );
  if (!found) throw new Error(`Document missing in ${collection}: expected one in the busy day, got none.`);
  return found[0];
};

const lose = (path: string): Damage => ({ way: "delete", path, before: shop.intact.get(path) });
const change = (path: string, fields: object): Damage => {
  const before = shop.intact.get(path);
  return { way: "change", path, before, after: { ...before, ...fields } };
};
const namesIn = ({ report }: Pick<SeedResult, "report">) =>
  report.findings.map(({ kind, about, found }) => `${kind} ${about} ${found}`);

test("names or repairs every damage of 20 days, and makes nothing worse", async () => {
  const faults: string[] = [];
  await runSeeds(shop, { seed: 1, seeds: 20 }, result =>
    faults.push(...result.faults.map(fault => `seed ${result.seed}: ${fault}`)),
  );
  expect(faults).toEqual([]);
}, 400_000);

describe("damaged carts", () => {
  const SHARED = "carts/cart_shared";

  test("names a lost cart whose events are archived", async () => {
    const result = await shop.close([lose(SHARED)]);
    expect(result.faults).toEqual([]);
    expect(namesIn(result)).toEqual(["cart cart_shared none"]);
    const [finding] = result.report.findings;
    expect(finding?.events).toHaveLength(4);
  });

  test.each([
    ["lines", { lines: [] }],
    ["state", { status: "bought" }],
    ["users", { user_ids: ["usr_1"] }],
    ["changes", { facts: [] }],
  ])("names the %s of a changed cart and repairs nothing", async (name, fields) => {
    const result = await shop.close([change(SHARED, fields)]);
    expect(result.faults).toEqual([]);
    expect(result.report.findings).toMatchObject([
      { kind: "cart", about: "cart_shared", found: expect.stringContaining(`${name}: `) },
    ]);
    expect(result.report.repairs).toEqual([]);
  });

  test("names the events and no cart when no event was handled", async () => {
    const archived = [...shop.intact.values()].filter(fields => fields["cart_id"] === "cart_shared");
    const ids = archived.map(fields => fields["event_id"]);
    const entries = [...shop.intact].filter(
      ([path, { by, cause }]) =>
        path.startsWith("ledger/") && by === "carts" && ids.includes((cause as { id: string }).id),
    );
    expect(entries).toHaveLength(4);
    const { report } = await shop.close([lose(SHARED), ...entries.map(([path]) => lose(path))]);
    expect(report.findings.map(({ kind }) => kind)).toEqual(entries.map(() => "never handled"));
  });

  test("names no cart whose events the archive or the ledger lost", async () => {
    const isVisit = ({ event_type }: Record<string, unknown>) => event_type === "cart.item_added";
    const isHandled = ({ by, cause }: Record<string, unknown>) =>
      by === "carts" && isVisit({ ...(cause as object) });
    const result = await shop.close([lose(pathOf("events", isVisit)), lose(pathOf("ledger", isHandled))]);
    expect(result.report.findings.filter(({ kind }) => kind === "cart")).toEqual([]);
  });
});

describe("single damages", () => {
  test("keeps the right stock and names the order of a lost entry", async () => {
    const path = pathOf("stock_entries", ({ order_id, delta }) => order_id !== undefined && delta === -3);
    const result = await shop.close([lose(path)]);
    const order = String(shop.intact.get(path)?.["order_id"]);
    expect(result.faults).toEqual([]);
    expect(result.report.repairs).toEqual([]);
    expect(namesIn(result)).toContainEqual(expect.stringContaining(`stock ${order}: units held`));
  });

  test("keeps the counter of a type whose only event the archive lost", async () => {
    const path = pathOf("events", ({ event_type }) => event_type === "cart.item_removed");
    const result = await shop.close([lose(path)]);
    expect(result.faults).toEqual([]);
    expect(result.report.repairs).toEqual([]);
    expect(namesIn(result)).toContainEqual(expect.stringContaining("never archived cart.item_removed of"));
  });

  test("names a stock move that is ahead of its order", async () => {
    const path = pathOf("stock_moves", ({ held }) => (held as object[]).length > 0);
    const result = await shop.close([change(path, { revision: 99 })]);
    expect(result.faults).toEqual([]);
    expect(namesIn(result)).toContainEqual(expect.stringContaining("revision of the stock move 99"));
  });

  test.each([
    ["a lost shipment", "shipments", "shipment"],
    ["a lost order", "orders", "order"],
    ["a lost contact order", "contact_orders", "order"],
    ["a lost segment order", "segment_orders", "order"],
  ])("names %s", async (_name, collection, kind) => {
    const path = pathOf(collection, ({ order_id, state }) => order_id !== "ord_later" && state !== "waiting");
    const result = await shop.close([lose(path)]);
    const id = path.split("/").at(-1);
    expect(result.faults).toEqual([]);
    expect(namesIn(result)).toContainEqual(expect.stringContaining(`${kind} ${id}`));
  });

  test.each([
    ["state", { state: "cancelled", cancelled: {} }],
    ["total", { total_minor: 99_900 }],
    ["buyer", { user_id: "usr_6" }],
    ["items", { items: [] }],
  ])("names the %s of a changed order", async (field, fields) => {
    const path = pathOf("orders", ({ state }) => state === "paid");
    const result = await shop.close([change(path, fields)]);
    expect(result.faults).toEqual([]);
    expect(namesIn(result)).toContainEqual(expect.stringContaining(`${path.split("/").at(-1)}: ${field}`));
  });

  test("repairs a segment that its orders and events contradict", async () => {
    const path = "segments/usr_2";
    const result = await shop.close([change(path, { segment: "vip", net_minor: { USD: 9_999_999 } })]);
    expect(result.faults).toEqual([]);
    expect(result.report.repairs.map(({ target }) => target)).toEqual([path]);
  });
});
