import { isDeepStrictEqual } from "node:util";
import { keyedId } from "../../../shared/pipeline/receive/idempotency-key.ts";
import type { Accepted } from "./accepted.ts";
import { keyOf } from "./accepted.ts";
import type { Difference } from "./difference.ts";
import { countedOnce } from "./difference.ts";
import type { Sent } from "./run-day.ts";
import { isAccepted } from "./run-day.ts";
import type { ArchivedEvent, LedgerEntry, ShopState } from "./shop-state.ts";

/** Checks for one archived event per accepted event, equal to the request, and for none per refused event. */
export function archiveDifferences(
  accepted: Accepted,
  journal: readonly Sent[],
  shop: ShopState,
): Difference[] {
  const archived = Map.groupBy(
    shop.archive.filter(({ producer }) => producer === "ingest"),
    ({ event_id }) => event_id,
  );
  const kept = [...accepted.events].flatMap(([id, sent]) => {
    const [first, ...more] = archived.get(id) ?? [];
    if (!first || more.length > 0) return countedOnce(id, "in the archive", more.length + (first ? 1 : 0));
    return sent.some(({ body }) => isSame(first.event, body))
      ? []
      : [{ about: id, expected: "to be archived as it was sent", found: JSON.stringify(first.event) }];
  });
  const refused = [...accepted.refused]
    .filter(id => !accepted.events.has(id) && archived.has(id))
    .map(id => ({ about: id, expected: "not to be archived: it was refused", found: "an archived event" }));
  return [...kept, ...refused, ...journal.flatMap(answerDifferences)];
}

function isSame(archived: ArchivedEvent["event"], sent: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(sent).every(([field, value]) => isDeepStrictEqual(archived[field], value));
}

/** Checks that valid requests were accepted and faulty ones refused. */
function answerDifferences(sent: Sent): Difference[] {
  const { step, status, tries, answer } = sent;
  if (step.expect === "either" && status !== undefined) return [];
  const expected = step.expect === "refused" ? "to be refused" : "to be accepted";
  if (status !== undefined && isAccepted(sent) === (expected === "to be accepted")) return [];
  const why = status === undefined ? `no answer in ${tries} tries` : `${status} ${answer?.detail ?? ""}`;
  return [{ about: step.name, expected, found: why }];
}

/** Checks that every event and command reached a final state, and that no lane or open effect is left. */
export function ledgerDifferences(
  accepted: Accepted,
  journal: readonly Sent[],
  shop: ShopState,
): Difference[] {
  const conflicts = new Set(
    journal.filter(({ step }) => step.expect === "conflict").map(({ body }) => body["event_id"]),
  );
  const entries = countsOf(shop.ledger.map(({ cause }) => cause.id));
  return [
    ...shop.ledger.flatMap(entry => entryDifferences(entry, conflicts.has(entry.cause.id))),
    ...handledDifferences(accepted, shop),
    ...accepted.commands.flatMap(({ step }) => {
      const key = keyOf(step);
      return countedOnce(key, "in the ledger", entries.get(keyedId(key)) ?? 0);
    }),
    ...shop.lanes.map(({ id }) => ({ about: `lane ${id}`, expected: "to be gone", found: "a lane" })),
    ...shop.effects
      .filter(({ state }) => state !== "sent" && state !== "skipped" && state !== "unknown")
      .map(({ id, state, reason = "" }) => ({
        about: `effect ${id}`,
        expected: "sent, skipped or unknown",
        found: `${state} ${reason}`,
      })),
  ];
}

function nameOf({ by, cause }: LedgerEntry): string {
  return `${cause.id} (${cause.event_type} of ${cause.subject}, by ${by})`;
}

function entryDifferences(entry: LedgerEntry, isConflict: boolean): Difference[] {
  const { state, reason, follow_ups } = entry;
  const about = nameOf(entry);
  if (state === "parked" && isConflict) return [];
  if (state !== "done" && state !== "skipped")
    return [{ about, expected: "done or skipped", found: `${state} ${reason ?? ""}` }];
  if (follow_ups === undefined) return [];
  return [{ about, expected: "no follow-ups left", found: `${follow_ups.length} unsent` }];
}

function handledDifferences(accepted: Accepted, shop: ShopState): Difference[] {
  const entries = new Set(shop.ledger.map(({ by, cause }) => `${by} ${cause.producer} ${cause.id}`));
  const reported = [...accepted.events].map(([id, [sent]]) => ({
    id,
    producer: "ingest",
    type: sent?.body["event_type"],
  }));
  const derived = shop.archive
    .filter(({ producer }) => producer !== "ingest")
    .map(({ event_id: id, producer, event_type: type }) => ({ id, producer, type }));
  return [...reported, ...derived].flatMap(({ id, producer, type }) =>
    shop.subscribers
      .filter(
        ({ name, types }) => types.some(one => one === type) && !entries.has(`${name} ${producer} ${id}`),
      )
      .map(({ name }) => ({
        about: `${id} (${type})`,
        expected: `an entry of ${name} in the ledger`,
        found: "none",
      })),
  );
}

/** Counts all names in one pass. A search per command would take longer than the run. */
function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Checks that every announcement was made once, by work that is done. */
export function followUpDifferences(accepted: Accepted, shop: ShopState): Difference[] {
  const derived = shop.archive.filter(({ producer }) => producer !== "ingest");
  const causes = new Set(
    shop.ledger
      .filter(({ state }) => state === "done")
      .flatMap(({ by, cause }) => [`${by} ${cause.id}`, `${by} ${cause.correlation_id}`]),
  );
  const orphans = derived
    .filter(({ producer, event }) => !causes.has(`${producer} ${event.causation_id}`))
    .map(({ event_id, event_type, producer, event }) => ({
      about: `${event_id} (${event_type})`,
      expected: `${producer} to have done ${event.causation_id}, which it follows from`,
      found: "no such entry in the ledger",
    }));
  const counts = countsOf(derived.map(({ event_type, event }) => `${event_type} ${event.order_id}`));
  const announced = (type: string, order: string): number => counts.get(`${type} ${order}`) ?? 0;
  const orders = [...accepted.orders.values()].flatMap(({ id, isOurs, isCancelledByUs, hasLeft }) => [
    ...(isOurs && hasLeft
      ? countedOnce(id, "order.dispatched in the archive", announced("order.dispatched", id))
      : []),
    ...(isOurs ? countedOnce(id, "order.placed in the archive", announced("order.placed", id)) : []),
    ...(isCancelledByUs
      ? countedOnce(id, "order.cancelled in the archive", announced("order.cancelled", id))
      : []),
  ]);
  return [...orphans, ...orders];
}
