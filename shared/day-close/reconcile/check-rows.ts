import { browseRow } from "../../analytics/browse/row.ts";
import { readDays } from "../../analytics/read-days.ts";
import { productViews, searchTerms } from "../../collections.ts";
import { countAndSum, firestore } from "../../google/firestore.ts";
import type { Work } from "../../pipeline/work.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { TERM, TOTAL } from "../../rules/counting/day-sums.ts";
import { isTermShown } from "../../rules/counting/term-people.ts";
import type { ClosingKey } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { PageResult } from "../closing/page-step.ts";
import { recordRepair } from "../closing/repair.ts";

/**
 * The rows that the roll-up writes for a day: views of each product, searches for each shown term. Rows of terms that
 * few people searched for have no `searches` and are not compared.
 */
const ROW_KINDS = [
  { of: productViews, count: "views", name: "product_id", prefix: "product ", isRow: () => true },
  { of: searchTerms, count: "searches", name: "term", prefix: TERM, isRow: isTermShown },
] as const;

type RowKind = (typeof ROW_KINDS)[number];

/** Rows per page. A repair writes about 300 bytes per row, with its record. */
const ROWS_PER_PAGE = 200;

/** Start of the first page: the index of the row kind, a blank, and the last checked name. */
export const FIRST_ROWS = "0 ";

/**
 * Compares the roll-up's rows of a day with its events. The total of a kind comes first; single rows are compared where
 * the totals differ. Wrong rows are repaired when the day's counter states the same total as the events. The caller makes sure that the sums hold every event that the roll-up
 * has counted.
 */
export async function checkRows(
  { day, run, after, sums, isSafe }: ClosingKey & { after: string; sums: Sums; isSafe: boolean },
  work: Work,
): Promise<PageResult> {
  const index = Number(after.charAt(0));
  const last = after.slice(2);
  const kind = ROW_KINDS[index];
  if (!kind) return { next: undefined };
  const nextKind = `${index + 1} `;
  const expected = expectedRows(kind, sums);
  if (last === "" && (await isTotalRight(kind, day, expected))) return { next: nextKind };
  const page = [...expected.keys()]
    .sort()
    .filter(name => name > last)
    .slice(0, ROWS_PER_PAGE);
  const rows = new Map(page.map(name => [name, expected.get(name) ?? 0]));
  const [counted = {}] = await readDays([day]);
  const isProven = isSafe && counted[kind.count] === sums.get(TOTAL)?.[kind.count];
  const findings = await repairRows(kind, rows, { closing: { day, run }, isProven, work });
  const end = page.at(-1);
  return { findings, next: page.length < ROWS_PER_PAGE || end === undefined ? nextKind : `${index} ${end}` };
}

/**
 * Lists the counters of the day that their rows confirm. The rows then add up to the whole counter. Rows
 * of hidden terms do not exist, so searches are confirmed only when every term is shown.
 */
export async function confirmedByRows(day: string, sums: Sums): Promise<Set<string>> {
  const confirmed = new Set<string>();
  for (const kind of ROW_KINDS) {
    const rows = expectedRows(kind, sums);
    const total = [...rows.values()].reduce((sum, one) => sum + one, 0);
    const isWhole = total === (sums.get(TOTAL)?.[kind.count] ?? 0);
    if (isWhole && (await isTotalRight(kind, day, rows))) confirmed.add(kind.count);
  }
  return confirmed;
}

/** Returns the expected count of each row, by the name of its product or term. */
function expectedRows({ prefix, count, isRow }: RowKind, sums: Sums): Map<string, number> {
  const rows = [...sums].flatMap(([key, tally]) => {
    const expected = tally[count];
    return key.startsWith(prefix) && expected && isRow(tally)
      ? [[key.slice(prefix.length), expected] as const]
      : [];
  });
  return new Map(rows);
}

async function isTotalRight(
  { of, count }: RowKind,
  day: string,
  expected: ReadonlyMap<string, number>,
): Promise<boolean> {
  const ofDay = firestore().collection(of.name).where("day", "==", day);
  const { sum } = await countAndSum(ofDay, count);
  return sum === [...expected.values()].reduce((total, one) => total + one, 0);
}

/** Compares these rows, repairs the wrong ones, and returns a finding for each. */
async function repairRows(
  { of, count, name: field }: RowKind,
  expected: ReadonlyMap<string, number>,
  { closing, isProven, work }: { closing: ClosingKey; isProven: boolean; work: Work },
): Promise<Finding[]> {
  const { day } = closing;
  const rows = [...expected].map(([name, right]) => ({ name, right, ...browseRow(day, name) }));
  const stored = await work.getAll<Record<string, unknown>>(
    { name: of.name },
    rows.map(({ id }) => id),
  );
  return rows.flatMap(({ id, name, right, expires_at }, index): Finding[] => {
    const found = Number(stored[index]?.[count] ?? 0);
    if (found === right) return [];
    const about = `${count} of ${name}`;
    if (!isProven) return [{ kind: "counter", about, expected: right, found }];
    work.set<object>({ name: of.name }, id, { day, [field]: name, [count]: right, expires_at });
    const target = `the counter ${about} of ${day}`;
    recordRepair({ target, before: found, after: right }, { closing, work });
    return [{ kind: "counter", about, expected: right, found }];
  });
}
