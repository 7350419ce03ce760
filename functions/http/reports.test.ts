import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../../scripts/test/worlds/world.ts";
import { startWorld } from "../../scripts/test/worlds/world.ts";
import { dayNumbers } from "../../shared/day-close/aggregate/day-numbers.ts";
import { dayReports } from "../../shared/day-close/closing/day-closing.ts";
import type { DayReport } from "../../shared/day-close/closing/day-report-types.ts";
import { documentRef } from "../../shared/google/firestore.ts";

const day = "2026-11-20";
const report: DayReport = {
  day,
  cut_off_ms: Date.parse("2026-11-21T00:20:00Z"),
  numbers: JSON.stringify(
    dayNumbers(
      new Map<string, Record<string, number>>([
        ["total", { orders: 1, abandoned_carts: 3, recovered_orders: 1, paid_minor_EUR: 1999 }],
        ["term a\u001b[2Jb", { searches: 2, enough_people: 1 }],
        ["term <script>", { searches: 1, enough_people: 1 }],
        ["hour 07", { paid_minor_EUR: 1999 }],
      ]),
    ),
  ),
  headlines: [],
  outlook: { backordered_products: 0, backorders: [], short: [] },
  findings: [{ kind: "counter", about: "orders", expected: 1, found: 0 }],
  repairs: [],
  closings: [{ run: 1, at_ms: Date.parse("2026-11-21T00:21:00Z"), numbers_hash: "h" }],
};

let world: World;
beforeAll(async () => {
  world = await startWorld(["http/reports"]);
  await documentRef(dayReports, day).set(report);
});
afterAll(() => world.close());

const get = (accept: string) => fetch(`${world.url}/reports/${day}`, { headers: { accept } });

test("shows a closed day as JSON and as text", async () => {
  const json = await get("*/*");
  expect(await json.json()).toMatchObject({
    day,
    cut_off: "2026-11-21T00:20:00.000Z",
    numbers: { orders: 1, paid: { EUR: 19.99 }, abandonment_rate: 0.75, recovery_rate: 0.3333 },
    findings: report.findings,
    closings: [{ run: 1, at: "2026-11-21T00:21:00.000Z", numbers_hash: "h" }],
  });
  const text = await get("text/plain");
  expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  const page = await text.text();
  expect(page).toMatch(/^The day 2026-11-20\n/);
  expect(page).toMatch(/abandonment rate +75 %\n/);
  expect(page).toMatch(/Differences\n {2}counter: orders +expected 1; found 0\n/);
  // A search term must not move a terminal's cursor.
  expect(page).toContain("a [2Jb");
});

test("shows browsers a page with plots and escapes every text", async () => {
  const page = await get("text/html,application/xhtml+xml,*/*;q=0.8");
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
  const html = await page.text();
  for (const title of [
    "Funnel",
    "Paid by hour, EUR",
    "Abandoned carts by hour",
    "Differences from the events",
  ])
    expect(html).toContain(`<figcaption>${title}`);
  expect(html).toContain("<title>07: 19.99</title>");
  expect(html).toContain("&lt;script&gt;");
  expect(html).not.toMatch(/<script|NaN|undefined/);
});

test.each(["2026-11-19", "today"])("answers 404 for %s, which is not closed", async other => {
  const { status, body } = await world.send("GET", `/reports/${other}`);
  expect([status, body.type]).toEqual([404, expect.stringContaining("no-such-report")]);
});
