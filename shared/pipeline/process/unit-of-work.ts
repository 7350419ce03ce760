import { PermanentError } from "../../errors.ts";
import type { FactOf } from "../../events/catalogue.ts";
import { isId } from "../../events/define.ts";
import { enrich, fingerprintOf } from "../../events/envelope.ts";
import { validate } from "../../events/validate.ts";
import type { Collection, DocumentRef, Transaction } from "../../google/firestore.ts";
import { documentRef, increment } from "../../google/firestore.ts";
import { derivedId } from "../../values/ids.ts";
import { effectId, effects, plannedEffect } from "../records/effect-record.ts";
import type { Cause, FollowUp } from "../records/ledger-entry.ts";
import type { Work } from "../work.ts";

type Write = (transaction: Transaction) => void;

/** A unit of work that is still open, as the machinery sees it. */
export interface OpenWork {
  work: Work;
  followUps: FollowUp[];
  /** Hands the writes to the transaction; called once, after the handler has returned. */
  apply(transaction: Transaction): void;
}

/** Opens a unit of work inside a transaction. `by` is whose work it is; emitted events name it as producer. */
export function openWork(
  transaction: Transaction,
  by: string,
  context: { cause: Cause; nowMs: number },
): OpenWork {
  const writes: Write[] = [];
  const followUps: FollowUp[] = [];
  const written = new Set<string>();
  const write = (ref: DocumentRef, apply: Write): void => {
    written.add(ref.path);
    writes.push(apply);
  };
  const work: Work = {
    ...context,
    get: async (from, id) => {
      const [found] = await work.getAll(from, [id]);
      return found;
    },
    getAll: async <T>(from: Collection<T>, ids: readonly string[]) => {
      const refs = ids.map(id => documentRef(from, id));
      refuseStaleRead(refs, written);
      if (refs.length === 0) return [];
      const snapshots = await transaction.getAll(...refs);
      return snapshots.map(snapshot => snapshot.data() as T | undefined);
    },
    create: (to, id, data) => {
      const ref = documentRef(to, id);
      write(ref, t => t.create(ref, data));
    },
    set: (to, id, data) => {
      const ref = documentRef(to, id);
      write(ref, t => t.set(ref, data));
    },
    update: (to, id, fields) => {
      const ref = documentRef(to, id);
      const data: Record<string, unknown> = { ...fields };
      write(ref, t => t.update(ref, data));
    },
    delete: (from, id) => {
      const ref = documentRef(from, id);
      write(ref, t => t.delete(ref));
    },
    increment: (to, id, by) => {
      const ref = documentRef(to, id);
      const fields = Object.fromEntries(
        Object.entries(by).map(([field, n]) => [field, increment(Number(n))]),
      );
      write(ref, t => t.set(ref, fields, { merge: true }));
    },
    emit: (fact, as = by) => {
      followUps.push(eventFollowUp(fact, { ...context, by: as, index: followUps.length }));
    },
    timer: (name, { key, dueMs, data }) => {
      const { correlation_id, traceparent } = context.cause;
      const call = JSON.stringify({ key, correlation_id, traceparent, data });
      followUps.push({
        kind: "timer",
        timer: name,
        key,
        due_at_ms: dueMs,
        call,
      });
    },
    effect: (name, { key, data, dueMs = context.nowMs }) => {
      const record = plannedEffect({ effect: name, key, data, dueMs }, context);
      const id = effectId(name, key);
      work.create(effects, id, record);
      followUps.push({ kind: "effect", effect: name, effect_id: id, due_at_ms: record.due_at_ms });
    },
  };
  return {
    work,
    followUps,
    apply: t => {
      for (const apply of writes) apply(t);
    },
  };
}

/** Writes wait for the commit, so reading what was written would show the past. */
function refuseStaleRead(refs: readonly DocumentRef[], written: ReadonlySet<string>): void {
  const stale = refs.find(ref => written.has(ref.path));
  if (stale)
    throw new Error(`${stale.path} is read after it was written in this unit of work: read it first`);
}

function eventFollowUp(
  fact: FactOf,
  { by, cause, nowMs, index }: { by: string; cause: Cause; nowMs: number; index: number },
): FollowUp {
  const checked = validate(fact);
  if (!checked.ok) {
    // Trying again would announce the same.
    const places = checked.faults.map(({ pointer, expected }) => `${pointer}: expected ${expected}`);
    throw new PermanentError(`${by} announces an invalid ${fact.event_type} (${places.join("; ")})`);
  }
  const event = enrich(checked.event, {
    nowMs,
    newId: () => derivedId("evt", by, cause.producer, cause.id, index),
    producer: by,
    correlationId: cause.correlation_id,
    causationId: isId(cause.id) ? cause.id : cause.correlation_id,
    ...(cause.traceparent === undefined ? {} : { traceparent: cause.traceparent }),
  });
  return {
    kind: "event",
    event_id: event.event_id,
    event: JSON.stringify(event),
    fingerprint: fingerprintOf(fact),
  };
}
