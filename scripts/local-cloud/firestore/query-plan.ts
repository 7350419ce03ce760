import { isNumericId } from "./document-name.ts";
import type { Collection, IdRange } from "./document-tables.ts";
import type { FieldIndexes } from "./field-indexes.ts";
import type { Condition, KeyRange, NameRange } from "./narrowing.ts";
import { allKeysOf, isPoint } from "./narrowing.ts";
import type { Wanted } from "./stored-document.ts";

/** One way through a collection: the documents by their ids, or those of one index with a key in the range. */
export interface PlannedWalk {
  range: KeyRange | undefined;
  ids: IdRange;
  descending: boolean;
  /** What the wanted order goes by, when the documents come in it; those with the same key in no order. */
  steps: "id" | "key" | undefined;
}

/** A condition that leaves this few documents is good enough: no index is made to look for a better one. */
const FEW = 100;

/** Counting on costs more than it tells: of a condition that leaves this many, all are taken to be left. */
const MANY = 10_000;

/** Which walks find all that is wanted and look at few other documents. Makes the indexes that it needs. */
export function planWalks(indexes: FieldIndexes, collection: Collection, wanted: Wanted): PlannedWalk[] {
  const { orderBy, narrowing, count: needed } = wanted;
  const choice = chooseCondition(indexes, collection, narrowing.conditions);
  // Along the order, one document in (size / found) matches, if chance spread them.
  const isFasterInOrder =
    orderBy && needed < (choice ? choice.found ** 2 / collection.size : collection.size / 2);
  if (isFasterInOrder) return [walkOf(rangeOfField(narrowing.conditions, orderBy), collection, wanted)];
  if (choice) return choice.condition.map(range => walkOf(range, collection, wanted));
  return [walkOf(undefined, collection, wanted)];
}

/** The walk of a collection so small that an index would not be faster. */
export function planScan(collection: Collection, wanted: Wanted): PlannedWalk[] {
  return [walkOf(undefined, collection, wanted)];
}

function walkOf(range: KeyRange | undefined, collection: Collection, wanted: Wanted): PlannedWalk {
  const { orderBy, narrowing, descending } = wanted;
  const isByName = !range || isPoint(range);
  const byKey = orderBy && range?.field.of === "value" && range.field.key === orderBy.key;
  const byId = !orderBy && isByName;
  return {
    range,
    ids: isByName ? idsIn(narrowing.names, collection) : {},
    descending,
    steps: byKey ? "key" : byId ? "id" : undefined,
  };
}

/** The condition that leaves the fewest documents, with how many that are. */
function chooseCondition(indexes: FieldIndexes, collection: Collection, conditions: readonly Condition[]) {
  const isReady = (condition: Condition) => condition.every(({ field }) => indexes.has(collection, field));
  const ready = mostSelective(indexes, collection, conditions.filter(isReady));
  return ready && ready.found <= FEW ? ready : mostSelective(indexes, collection, conditions);
}

/** Counts no further than it takes to tell them apart. */
function mostSelective(indexes: FieldIndexes, collection: Collection, conditions: readonly Condition[]) {
  for (let limit = FEW + 1; conditions.length > 0; limit *= 10) {
    const counted = conditions.map(condition => {
      const found = condition.reduce((sum, range) => sum + indexes.count(collection, range, limit), 0);
      return { condition, found };
    });
    const best = counted.reduce((least, other) => (other.found < least.found ? other : least));
    if (best.found < limit || limit > collection.size) return best;
    if (limit > MANY) return { ...best, found: collection.size };
  }
  return undefined;
}

function rangeOfField(conditions: readonly Condition[], field: { key: string; path: readonly string[] }) {
  const own = conditions.find(([range, second]) => !second && range?.field.key === field.key);
  return own?.[0] ?? allKeysOf(field);
}

/** The part of the names that lies in the collection; no bound where the order of names is not that of ids. */
function idsIn({ from, to }: NameRange, { database, path }: Collection): IdRange {
  const prefix = `${database}/documents/${path}/`;
  const idOf = (name: string | undefined) => {
    const id = name?.startsWith(prefix) ? name.slice(prefix.length) : "/";
    return id.includes("/") || isNumericId(id) ? undefined : id;
  };
  return { from: idOf(from), to: idOf(to) };
}
