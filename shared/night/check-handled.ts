import { firestore } from "../google/firestore.ts";
import type { ArchivedEvent } from "../pipeline/archived-event.ts";
import { ledgerIdIn, readGenerations } from "../pipeline/generation.ts";
import { ledgerId, ledgerRef } from "../pipeline/ledger.ts";
import { LISTENERS, PROJECTIONS } from "./listeners.ts";
import type { Finding } from "./night.ts";

type Archived = Pick<ArchivedEvent, "event_type" | "event_id" | "producer">;

/** Asked for at once. */
const MAX_READS = 500;

/**
 * The reactions that should know of these events and have no entry for them. Views and searches have none but the
 * archive's: what is looked up is a few entries for each of the others, some hundredth of all events.
 */
export async function unhandled(events: readonly Archived[]): Promise<Finding[]> {
  const wanted = await wantedEntries(events);
  const findings: Finding[] = [];
  for (let at = 0; at < wanted.length; at += MAX_READS) {
    const page = wanted.slice(at, at + MAX_READS);
    const refs = page.map(({ id }) => ledgerRef(id));
    const entries = await firestore().getAll(...refs, { fieldMask: ["state"] });
    for (const [index, { by, event }] of page.entries()) {
      if (entries[index]?.exists) continue;
      findings.push({
        kind: "never handled",
        about: `${event.event_type} by ${by}`,
        expected: "an entry in the ledger",
        found: "none",
        events: [`${event.producer} ${event.event_id}`],
      });
    }
  }
  return findings;
}

async function wantedEntries(events: readonly Archived[]) {
  const liveOf = new Map<string, number>();
  const handled = Object.entries<readonly string[]>(LISTENERS);
  if (!events.some(({ event_type }) => handled.some(([, types]) => types.includes(event_type)))) return [];
  for (const name of PROJECTIONS) liveOf.set(name, (await readGenerations(name)).live);
  return events.flatMap(event =>
    handled
      .filter(([, types]) => types.includes(event.event_type))
      .map(([by]) => {
        const plain = ledgerId(by, { producer: event.producer, id: event.event_id });
        return { by, event, id: ledgerIdIn(liveOf.get(by) ?? 1, plain) };
      }),
  );
}
