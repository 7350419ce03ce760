import { isDeepStrictEqual } from "node:util";
import type { DayReport, Finding } from "../../../shared/day-close/closing/day-report-types.ts";
import type { Damage } from "./damage.ts";
import { DAMAGED_KINDS } from "./damage.ts";
import type { Fields, Snapshot } from "./snapshot.ts";

interface Closed {
  /** The documents before the damage. */
  intact: Snapshot;
  damages: readonly Damage[];
  report: DayReport;
  /** The documents after the closing. */
  after: Snapshot;
}

/** Lists what a closing did wrong: a difference unnamed, a right value changed, an innocent order named. */
export function faultsOf(closed: Closed): string[] {
  return [
    ...unnamed(closed),
    ...worsened(closed),
    ...miscounted(closed),
    ...accused(closed),
    ...accusedCarts(closed),
  ];
}

function* unnamed({ intact, damages, report, after }: Closed): Generator<string> {
  for (const { way, path, before, after: fields } of damages) {
    if (kindOf(path)?.isWitnessOnly) continue;
    const isRepaired = isDeepStrictEqual(after.get(path), intact.get(path));
    const keys = keysOf(path, before ?? fields ?? {});
    if (!isRepaired && !report.findings.some(finding => isAbout(finding, path, keys)))
      yield `${way} of ${path} is neither named nor repaired`;
  }
}

function kindOf(path: string) {
  return DAMAGED_KINDS.find(({ collection }) => path.slice(0, path.lastIndexOf("/")) === collection);
}

function* worsened({ intact, damages, after }: Closed): Generator<string> {
  const damaged = new Map(damages.map(damage => [damage.path, damage]));
  for (const path of new Set([...intact.keys(), ...after.keys()])) {
    if (!DAMAGED_KINDS.some(({ collection }) => path.slice(0, path.lastIndexOf("/")) === collection))
      continue;
    if (COUNTERS.test(path)) continue;
    const [was, is] = [intact.get(path), after.get(path)];
    const damage = damaged.get(path);
    if (isDeepStrictEqual(was, is) || (damage && isDeepStrictEqual(damage.after, is))) continue;
    yield `${damage ? "damaged" : "right"} ${path} became ${JSON.stringify(is)}, was ${JSON.stringify(was)}`;
  }
}

/** The counters of a day are several documents. A repair may add to any of them, so only their sums matter. */
const COUNTERS = /day_counters\/|browse_days\//;

function* miscounted({ intact, damages, after }: Closed): Generator<string> {
  const damaged = damages.filter(({ path }) => COUNTERS.test(path));
  const [was, is] = [countersIn(intact), countersIn(after)];
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const lost = damaged.reduce(
      (sum, { before = {}, after: left = {} }) => sum + amount(before, name) - amount(left, name),
      0,
    );
    const [right, found] = [amount(was, name), amount(is, name)];
    if (found !== right && found !== right - lost) yield `the counter ${name} became ${found}, was ${right}`;
  }
}

function countersIn(snapshot: Snapshot): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [path, fields] of snapshot)
    if (COUNTERS.test(path))
      for (const name of Object.keys(fields)) sums[name] = (sums[name] ?? 0) + amount(fields, name);
  return sums;
}

function amount(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === "number" ? value : 0;
}

const ORDER_ID = /ord_\w+/g;

function* accused({ damages, report, intact }: Closed): Generator<string> {
  const guilty = new Set(damages.flatMap(({ path, before, after }) => ordersOf(path, { before, after })));
  for (const { kind, about, expected, found } of report.findings)
    for (const [id] of `${about} ${expected} ${found}`.matchAll(ORDER_ID))
      if (!guilty.has(id) && intact.has(`orders/${id}`)) yield `${kind} names the innocent ${id}`;
}

/** Lists intact carts that a finding names. A lost event or another damaged document must not accuse a cart. */
function* accusedCarts({ damages, report, intact }: Closed): Generator<string> {
  const guilty = new Set(damages.map(({ path }) => path));
  for (const { kind, about } of report.findings)
    if (kind === "cart" && intact.has(`carts/${about}`) && !guilty.has(`carts/${about}`))
      yield `${kind} names the innocent ${about}`;
}

function ordersOf(path: string, fields: { before?: Fields; after?: Fields }): string[] {
  return [`${path} ${JSON.stringify(fields)}`].flatMap(text => text.match(ORDER_ID) ?? []);
}

/** The texts by which a finding may name a document: its id, its order, its user, its product, its event. */
function keysOf(path: string, fields: Fields): string[] {
  const id = path.slice(path.lastIndexOf("/") + 1);
  const named = [fields["order_id"], fields["event_id"]].filter(one => typeof one === "string");
  return [id, ...(named.length > 0 ? (named as string[]) : productOf(fields))];
}

function productOf({ product_id }: Fields): string[] {
  return typeof product_id === "string" ? [product_id] : [];
}

function isAbout(finding: Finding, path: string, keys: readonly string[]): boolean {
  if (COUNTERS.test(path)) return finding.kind === "counter";
  const { about, expected, found, events = [] } = finding;
  const text = [about, expected, found, ...events].join(" ");
  return keys.some(key => text.includes(key));
}
