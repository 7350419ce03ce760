import { browseRow } from "../../analytics/traffic/row.ts";
import { productViews, searchTerms } from "../../collections.ts";
import { countAndSum, firestore } from "../../google/firestore.ts";
import type { Work } from "../../pipeline/work.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { recordRepair } from "../closing/repair.ts";
import type { PageDone } from "../closing/step.ts";

/** The rows that the roll-up keeps of a day: how often each product was looked at, each term searched for. */
const KINDS = [
  { of: productViews, count: "views", name: "product_id", prefix: "product " },
  { of: searchTerms, count: "searches", name: "term", prefix: "term " },
] as const;

/** Each may be put right: some 300 bytes with its record. */
const PAGE = 200;

export const FIRST_ROWS = "0 ";

/**
 * Compares the rows of a day with its events, and puts them right: first what all of a kind add up to, then, where
 * that differs, one by one. The sums of the day must hold everything that the roll-up has counted.
 */
export async function checkRows(
  { day, run, after, sums }: { day: string; run: number; after: string; sums: Sums },
  work: Work,
): Promise<Pick<PageDone, "findings" | "next">> {
  const index = Number(after.charAt(0));
  const last = after.slice(2);
  const kind = KINDS[index];
  if (!kind) return { next: undefined };
  const { of, count, name, prefix } = kind;
  const nextKind = `${index + 1} `;
  const names = [...sums].flatMap(([key, tally]) =>
    key.startsWith(prefix) && tally[count] ? [key.slice(prefix.length)] : [],
  );
  const right = (one: string) => sums.get(`${prefix}${one}`)?.[count] ?? 0;
  if (last === "") {
    const ofDay = firestore().collection(of.name).where("day", "==", day);
    const stored = await countAndSum(ofDay, count);
    if (stored.sum === names.reduce((sum, one) => sum + right(one), 0)) return { next: nextKind };
  }
  const page = names
    .sort()
    .filter(one => one > last)
    .slice(0, PAGE);
  const rows = page.map(one => browseRow(day, one));
  const found = await work.getAll<Record<string, unknown>>(
    { name: of.name },
    rows.map(({ id }) => id),
  );
  const findings: Finding[] = [];
  for (const [place, one] of page.entries()) {
    const [row, is, shouldBe] = [rows[place], Number(found[place]?.[count] ?? 0), right(one)];
    if (!row || is === shouldBe) continue;
    const about = `${count} of ${one}`;
    findings.push({ kind: "counter", about, expected: shouldBe, found: is });
    work.set<object>({ name: of.name }, row.id, {
      day,
      [name]: one,
      [count]: shouldBe,
      expires_at: row.expires_at,
    });
    recordRepair(
      { target: `the counter ${about} of ${day}`, before: is, after: shouldBe },
      { closing: { day, run }, work },
    );
  }
  const end = page.at(-1);
  return { findings, next: page.length < PAGE || end === undefined ? nextKind : `${index} ${end}` };
}
