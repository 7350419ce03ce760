import type { Collection } from "../../../shared/google/firestore.ts";
import { firestore } from "../../../shared/google/firestore.ts";
import { counts, lists, rings } from "./functions.ts";
import type { Books, Cell } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/**
 * Reads what a message has left behind: the documents as they are stored, what was published, what the world
 * outside saw. Nothing of the machinery under test is asked.
 */
export async function readTraces(stage: Stage, { key, scenario }: Cell, names: NameOf): Promise<Books> {
  const read = async <T>(from: Collection<T>) =>
    (await firestore().collection(from.name).doc(key).get()).data() as T | undefined;
  const [count, list, ring, entries, lanes, effect] = await Promise.all([
    read(counts),
    read(lists),
    read(rings),
    find("ledger", scenario.isAnswered ? "aggregate" : "cause.subject", key),
    find("lanes", "key", key),
    find("effects", "key", key),
  ]);
  const published = [...stage.publishedAbout(key)].map(([type, ids]) => [type, ids.size] as const);
  const sendings = stage.outside.sendings.filter(sending => sending.key === key);
  const ledger = [...entries.map(entry => `${entry["by"]} ${entry["state"]}`), ...lanes.map(() => "a lane")];
  return {
    ...(count && { times: count.times }),
    ...(list && { order: list.event_ids.map(names) }),
    ...(published.length > 0 && { published: Object.fromEntries(published) }),
    ...(ring && { rings: ring.times }),
    ...((effect.length > 0 || sendings.length > 0) && {
      effect: {
        state: effect.map(({ state }) => state).join(" and "),
        sendings: sendings.length,
        ids: new Set(sendings.map(({ id }) => id)).size,
      },
    }),
    ...(ledger.length > 0 && { ledger: ledger.sort() }),
  };
}

type NameOf = (eventId: string) => string;

async function find(name: string, field: string, value: string) {
  const { docs } = await firestore().collection(name).get();
  return docs.filter(document => document.get(field) === value).map(document => document.data());
}

/** Where two books differ, in words; empty when they are the same. */
export function differences(found: Books, expected: Books): string[] {
  const pages = new Set([...Object.keys(found), ...Object.keys(expected)]) as Set<keyof Books>;
  return [...pages].flatMap(page => {
    const [is, should] = [textOf(found[page]), textOf(expected[page])];
    return is === should ? [] : [`${page}: ${is} instead of ${should}`];
  });
}

/** Whatever the order in which its fields were found. */
function textOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** Whatever still waits for something, of anybody. */
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
