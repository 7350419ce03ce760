import { isNumericId } from "../documents/document-name.ts";
import type { Condition, KeyRange, NameRange } from "../documents/narrowing.ts";
import { allKeysOf, isPoint } from "../documents/narrowing.ts";
import type { Wanted } from "../documents/stored-document.ts";
import type { Collection, IdRange } from "./document-tables.ts";
import type { FieldIndexes } from "./field-indexes.ts";

/** One walk through a collection: by ids, or through one index's entries with a key in the range. */
export interface PlannedWalk {
  /** Range of an index; undefined for a walk by ids. */
  range: KeyRange | undefined;
  ids: IdRange;
  descending: boolean;
  /**
   * The part of an entry that the wanted order goes by; undefined when the walk is in another order. Documents with the
   * same key come in no order.
   */
  steps: "id" | "key" | undefined;
}

/** Documents that a condition may leave and still be good enough: no index is created to find a better one. */
const FEW = 100;

/** Entries at which counting stops, because it costs more than it tells. All documents then count as left. */
const MANY = 10_000;

/**
 * Plans walks that find all wanted documents and look at few others. Creates the indexes that the walks need.
 */
export function planWalks(indexes: FieldIndexes, collection: Collection, wanted: Wanted): PlannedWalk[] {
  const { orderBy, narrowing, count: needed } = wanted;
  const choice = chooseCondition(indexes, collection, narrowing.conditions);
  // Along the order one document in (size / found) matches, when the matches are spread at random.
  const isFasterInOrder =
    orderBy && needed < (choice ? choice.found ** 2 / collection.size : collection.size / 2);
  if (isFasterInOrder) return [walkOf(rangeOfField(narrowing.conditions, orderBy), collection, wanted)];
  if (choice) return choice.condition.map(range => walkOf(range, collection, wanted));
  return [walkOf(undefined, collection, wanted)];
}

/** Plans the walk through a collection that is too small for an index to be faster. */
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

/** Chooses the condition that leaves the fewest documents, and returns their number with it. */
function chooseCondition(indexes: FieldIndexes, collection: Collection, conditions: readonly Condition[]) {
  const isReady = (condition: Condition) => condition.every(({ field }) => indexes.has(collection, field));
  const ready = mostSelective(indexes, collection, conditions.filter(isReady));
  return ready && ready.found <= FEW ? ready : mostSelective(indexes, collection, conditions);
}

/** Compares the conditions, and counts only as far as their difference shows. */
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

/** Returns the ids of a name range in the collection; no bound where names do not order as their ids. */
function idsIn({ from, to }: NameRange, { database, path }: Collection): IdRange {
  const prefix = `${database}/documents/${path}/`;
  const idOf = (name: string | undefined) => {
    const id = name?.startsWith(prefix) ? name.slice(prefix.length) : "/";
    return id.includes("/") || isNumericId(id) ? undefined : id;
  };
  return { from: idOf(from), to: idOf(to) };
}
