import { firestore, readDocument } from "../../shared/google/firestore.ts";
import type { AuditRecord } from "../../shared/pipeline/records/audit.ts";
import { audit } from "../../shared/pipeline/records/audit.ts";
import type { EffectRecord } from "../../shared/pipeline/records/effect-record.ts";
import { lanes } from "../../shared/pipeline/records/lane-store.ts";
import type { LedgerEntry } from "../../shared/pipeline/records/ledger-entry.ts";
import { findEffect } from "./find-effects.ts";
import { findEntry } from "./find-entries.ts";
import { maskedEvent } from "./masked-event.ts";
import { entryJson } from "./parked-list.ts";

/** Max entries of a lane that are printed on each side. */
const MAX_PRINTED = 10;

/**
 * Reads one entry with its lane, its audit records and its event.
 * @returns undefined when there is no such entry
 */
export async function showEntry(
  id: string,
  { personal }: { personal: boolean },
): Promise<object | undefined> {
  const entry = await findEntry(id);
  if (!entry) return undefined;
  const { event, cause } = entry;
  return {
    ...entryJson({ id, ...entry }),
    producer: cause.producer,
    correlation_id: cause.correlation_id,
    changed: iso(entry.changed_at_ms),
    due: entry.due_at_ms === undefined ? undefined : iso(entry.due_at_ms),
    lane: await placeInLane(id, entry),
    audit: await recordsOf(id),
    event: event === undefined ? undefined : personal ? readable(event) : maskedEvent(event),
  };
}

async function placeInLane(id: string, { lane: ticket }: LedgerEntry) {
  const lane = ticket && (await readDocument(lanes, ticket.id));
  if (!lane) return undefined;
  const ids = lane.places.map(({ ledger_id }) => ledger_id);
  const at = ids.indexOf(id);
  const behind = ids.slice(at + 1);
  return {
    id: ticket.id,
    key: lane.key,
    place: at + 1,
    before: ids.slice(0, Math.max(at, 0)).slice(0, MAX_PRINTED),
    behind: behind.slice(0, MAX_PRINTED),
    behind_count: behind.length,
  };
}

/**
 * Reads one effect with its audit records. Its data has no declared personal fields, so `personal` shows all or none.
 * @returns undefined when there is no such effect
 */
export async function showEffect(
  id: string,
  { personal }: { personal: boolean },
): Promise<object | undefined> {
  const effect = await findEffect(id);
  if (!effect) return undefined;
  return {
    ...effectJson({ id, ...effect }),
    correlation_id: effect.cause.correlation_id,
    changed: iso(effect.changed_at_ms),
    due: iso(effect.due_at_ms),
    leases: effect.lease,
    leases_lost: effect.lost,
    audit: await recordsOf(id),
    data: personal ? readable(effect.data) : `${Buffer.byteLength(effect.data)} bytes (not shown)`,
  };
}

/** Returns an effect as JSON output shows it. */
export function effectJson({
  id,
  effect,
  cause,
  state,
  reason,
  created_at_ms,
}: EffectRecord & { id: string }) {
  return {
    id,
    effect,
    state,
    event_type: cause.event_type,
    event_id: cause.id,
    subject: cause.subject,
    reason,
    since: iso(created_at_ms),
  };
}

async function recordsOf(target: string) {
  const { docs } = await firestore().collection(audit.name).where("target", "==", target).get();
  return docs
    .map(document => document.data() as AuditRecord)
    .toSorted((left, right) => left.at_ms - right.at_ms)
    .map(({ act, did, who, reason, at_ms, from }) => ({ at: iso(at_ms), did, who, reason, from, act }));
}

function readable(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
