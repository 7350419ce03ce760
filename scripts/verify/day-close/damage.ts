import type { Fields, Snapshot } from "./snapshot.ts";

/** A document kind that events determine, and its fields that a difference must be found in. */
interface DamagedKind {
  collection: string;
  fields: readonly string[];
  /** Ways to damage a document of this kind. Absent: all. */
  ways?: readonly DamageWay[];
  /** True for documents that the day close reads as witnesses only: their own damage need not be named. */
  isWitnessOnly?: boolean;
}

/** `strip` removes one of the named fields. */
export type DamageWay = "change" | "delete" | "duplicate" | "strip";

const ALL_WAYS: readonly DamageWay[] = ["change", "delete", "duplicate", "strip"];
const COUNTER_WAYS: readonly DamageWay[] = ["change", "delete", "strip"];

/** The kinds of documents that events determine. */
export const DAMAGED_KINDS: readonly DamagedKind[] = [
  { collection: "events", fields: [], ways: ["delete", "duplicate"] },
  {
    collection: "orders",
    fields: ["state", "total_minor", "user_id", "items.0.quantity", "payments.0.amount_minor", "revision"],
  },
  { collection: "shipments", fields: ["state", "revision"] },
  { collection: "stock", fields: ["quantity"], ways: COUNTER_WAYS },
  { collection: "stock_entries", fields: ["delta", "product_id"] },
  { collection: "stock_moves", fields: ["revision", "held.0.quantity"] },
  { collection: "contacts", fields: ["orders", "spent_minor.USD", "segment", "banned", "last_order_at_ms"] },
  {
    collection: "contact_orders",
    fields: ["orders", "user_id", "net_minor.USD", "revision", "last_paid_at_ms"],
  },
  {
    collection: "segments",
    fields: ["segment", "orders", "net_minor.USD", "last_paid_at_ms", "lapses_at_ms"],
  },
  {
    collection: "segment_orders",
    fields: ["paid_orders", "user_id", "net_minor.USD", "revision", "last_paid_at_ms"],
  },
  { collection: "ratings", fields: ["count", "sum"], ways: COUNTER_WAYS },
  {
    collection: "carts",
    fields: [
      "lines.0.quantity",
      "lines.0.product_id",
      "facts.0.quantity",
      "user_ids.0",
      "session_ids.0",
      "cart_id",
    ],
  },
  { collection: "reviews", fields: ["rating", "state"], isWitnessOnly: true },
  { collection: "stock_totals", fields: ["quantity", "entries"], ways: COUNTER_WAYS },
  { collection: "browse_days", fields: ["views", "searches"], ways: COUNTER_WAYS },
  { collection: "product_views", fields: ["views"], ways: COUNTER_WAYS },
  {
    collection: "projections/analytics.1/day_counters",
    fields: ["orders", "paid_minor_USD", "cart_adds"],
    ways: COUNTER_WAYS,
  },
  {
    collection: "projections/analytics.1/counted_facts",
    fields: ["tally.orders", "tally.cart_adds"],
    isWitnessOnly: true,
  },
];

/** One planted damage. */
export interface Damage {
  way: DamageWay;
  path: string;
  /** Fields of the damaged document before. Absent: the document is an added copy. */
  before?: Fields;
  /** Fields after. Absent: the document is deleted. */
  after?: Fields;
}

/** Chooses random values, the same for the same seed. */
export interface Dice {
  /** Returns a whole number from 0 to below `most`. */
  below(most: number): number;
}

/** Creates dice (mulberry32). */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return {
    below: most => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
    },
  };
}

const MAX_DAMAGES = 5;

/** Plans one to five damages to different documents. */
export function planDamages(snapshot: Snapshot, dice: Dice): Damage[] {
  const planned = new Map<string, Damage>();
  const count = 1 + dice.below(MAX_DAMAGES);
  for (let tries = 0; planned.size < count && tries < 100; tries += 1) {
    const damage = planDamage(snapshot, dice);
    if (damage && !planned.has(damage.path)) planned.set(damage.path, damage);
  }
  return [...planned.values()];
}

function planDamage(snapshot: Snapshot, dice: Dice): Damage | undefined {
  const kind = DAMAGED_KINDS[dice.below(DAMAGED_KINDS.length)];
  if (!kind) return undefined;
  const paths = pathsIn(snapshot, kind.collection);
  const path = paths[dice.below(paths.length)] ?? "";
  const before = snapshot.get(path);
  if (!before) return undefined;
  const { ways = ALL_WAYS, fields } = kind;
  const way = ways[dice.below(ways.length)] ?? "delete";
  if (way === "delete") return { way, path, before };
  if (way === "duplicate") return { way, path: `${path}_copy`, after: before };
  const field = fields[dice.below(fields.length)] ?? "";
  if (way === "strip") {
    const [name = ""] = field.split(".");
    const { [name]: lost, ...rest } = before;
    // A sum without a counter counts as 0, so the loss of a 0 changes nothing.
    if (lost === undefined || (lost === 0 && ways === COUNTER_WAYS)) return undefined;
    return { way, path, before, after: rest };
  }
  const after = changed(before, field.split("."), { dice, others: paths.map(one => snapshot.get(one)) });
  return after && { way, path, before, after };
}

function pathsIn(snapshot: Snapshot, collection: string): string[] {
  const start = `${collection}/`;
  const paths = [...snapshot.keys()].filter(
    path => path.startsWith(start) && !path.slice(start.length).includes("/"),
  );
  // Ids are random. The rest of the content sorts the documents, so a seed plants the same damage again.
  const keyed = paths.map(path => ({ path, key: contentOf(path, snapshot.get(path) ?? {}) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ path }) => path);
}

/** Ids and times of one run: texts of twenty characters or more, and numbers as large as a time. */
const OF_ONE_RUN = /[0-9a-zA-Z]{20,}|\d{12,}|\d{4}-\d\d-\d\dT[\d:.]+Z/g;

function contentOf(path: string, fields: Fields): string {
  const id = path.slice(path.lastIndexOf("/") + 1);
  return `${JSON.stringify(fields)} ${id}`.replaceAll(OF_ONE_RUN, "");
}

/** Returns a copy with another value in one field. @returns undefined when the document has no such field */
function changed(
  fields: Fields,
  [name = "", ...rest]: readonly string[],
  choice: { dice: Dice; others: readonly (Fields | undefined)[] },
): Fields | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (rest.length > 0) {
    const inner = changed(value as Fields, rest, { ...choice, others: [] });
    if (!inner) return undefined;
    return { ...fields, [name]: Array.isArray(value) ? Object.values(inner) : inner };
  }
  const other = otherValue(value, { ...choice, name });
  return other === undefined ? undefined : { ...fields, [name]: other };
}

function otherValue(
  value: unknown,
  { dice, others, name }: { dice: Dice; others: readonly (Fields | undefined)[]; name: string },
): unknown {
  if (typeof value === "number") return value + 1 + dice.below(3);
  if (typeof value === "boolean") return !value;
  const known = [...new Set(others.flatMap(one => one?.[name] ?? []))].filter(one => one !== value);
  return known[dice.below(known.length)];
}
