import type { Collection } from "../../../shared/google/firestore.ts";
import { firestore } from "../../../shared/google/firestore.ts";
import { counts, lists, rings } from "./stage/functions.ts";
import type { Cell, Traces } from "./stage/scenario.ts";
import type { Stage } from "./stage/stage.ts";

/**
 * Reads the traces of a message: stored documents, published events, executions by the external system.
 * Uses no code of the pipeline under test.
 */
export async function readTraces(stage: Stage, { key, scenario }: Cell, nameOf: NameOf): Promise<Traces> {
  const [count, list, ring, entries, lanes, effects] = await Promise.all([
    read(counts, key),
    read(lists, key),
    read(rings, key),
    find("ledger", scenario.isAnswered ? "aggregate" : "cause.subject", key),
    find("lanes", "key", key),
    find("effects", "key", key),
  ]);
  const published = [...stage.publishedFor(key)].map(([type, ids]) => [type, ids.size] as const);
  const ledger = [...entries.map(entry => `${entry["by"]} ${entry["state"]}`), ...lanes.map(() => "a lane")];
  return {
    times: count?.times,
    order: list?.event_ids.map(nameOf),
    published: published.length > 0 ? Object.fromEntries(published) : undefined,
    rings: ring?.times,
    effect: effectTraces(stage, key, effects),
    ledger: ledger.length > 0 ? ledger.sort() : undefined,
  };
}

type NameOf = (eventId: string) => string;

function effectTraces(
  { externalSystem }: Stage,
  key: string,
  effects: readonly Record<string, unknown>[],
): Traces["effect"] {
  const sendings = externalSystem.sendings.filter(sending => sending.key === key);
  if (effects.length === 0 && sendings.length === 0) return undefined;
  return {
    state: effects.map(({ state }) => state).join(" and "),
    sendings: sendings.length,
    ids: new Set(sendings.map(({ id }) => id)).size,
  };
}

async function read<T>(from: Collection<T>, key: string): Promise<T | undefined> {
  return (await firestore().collection(from.name).doc(key).get()).data() as T | undefined;
}

async function find(name: string, field: string, value: string) {
  const { docs } = await firestore().collection(name).get();
  return docs.filter(document => document.get(field) === value).map(document => document.data());
}

/** Compares traces field by field. Returns each difference in words. */
export function differences(found: Traces, expected: Traces): string[] {
  const fields = new Set([...Object.keys(found), ...Object.keys(expected)]) as Set<keyof Traces>;
  return [...fields].flatMap(field => {
    const [got, wanted] = [textOf(found[field]), textOf(expected[field])];
    return got === wanted ? [] : [`${field}: expected ${wanted}, got ${got}`];
  });
}

/** Returns a value as text, the fields of an object sorted. */
function textOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** Returns the paths of all documents that still wait for work, of every run. */
export async function unfinishedDocuments(): Promise<string[]> {
  const waiting: Record<string, string[]> = {
    ledger: ["pending", "deferred", "queued"],
    effects: ["planned", "sending"],
  };
  const found = await Promise.all([
    firestore().collection("lanes").get(),
    ...Object.entries(waiting).map(([name, states]) =>
      firestore().collection(name).where("state", "in", states).get(),
    ),
  ]);
  return found.flatMap(({ docs }) => docs.map(({ ref }) => ref.path));
}
