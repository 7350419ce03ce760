import { PermanentError } from "../../errors.ts";
import type { FactOf } from "../../events/catalogue.ts";
import { isId } from "../../events/define.ts";
import { enrich, fingerprintOf } from "../../events/envelope.ts";
import { validate } from "../../events/validate.ts";
import type { Collection, DocumentSnapshot, Transaction } from "../../google/firestore.ts";
import { documentRef, increment } from "../../google/firestore.ts";
import { derivedId } from "../../values/ids.ts";
import { effectId, effects, plannedEffect } from "../records/effect-record.ts";
import type { Cause, FollowUp } from "../records/ledger-entry.ts";
import type { Documents, Work } from "../work.ts";
import { PendingWrites } from "./pending-writes.ts";

/** A unit of work before its commit, as the pipeline sees it. */
export interface OpenWork {
  work: Work;
  followUps: FollowUp[];
  /** Hands the writes to the transaction. Called once, after the handler has returned. */
  apply(transaction: Transaction): void;
}

/** The cause and the time of a unit of work. */
interface WorkContext {
  cause: Cause;
  nowMs: number;
}

/**
 * Opens a unit of work inside a transaction. `by` is the owner of the work: emitted events name it as their producer.
 */
export function openWork(transaction: Transaction, by: string, { cause, nowMs }: WorkContext): OpenWork {
  const context = { cause, nowMs };
  const writes = new PendingWrites();
  const followUps: FollowUp[] = [];
  const documents = { ...context, ...readsOf(transaction, writes), ...writesOf(writes) };
  const work: Work = { ...documents, ...followUpsOf(documents, by, followUps) };
  return { work, followUps, apply: target => writes.apply(target) };
}

/** Reads each document once per transaction: a guard and a handler share their reads. */
function readsOf(transaction: Transaction, writes: PendingWrites): Pick<Work, "get" | "getAll"> {
  const read = new Map<string, Promise<DocumentSnapshot | undefined>>();
  const getAll: Work["getAll"] = async <T>(from: Collection<T>, ids: readonly string[]) => {
    const refs = ids.map(id => documentRef(from, id));
    writes.refuseStaleRead(refs);
    const unread = refs.filter(({ path }) => !read.has(path));
    if (unread.length > 0) {
      const answer = transaction.getAll(...unread);
      for (const [index, { path }] of unread.entries())
        read.set(
          path,
          answer.then(snapshots => snapshots[index]),
        );
    }
    const snapshots = await Promise.all(refs.map(({ path }) => read.get(path)));
    // Each call gets an object of its own, so a caller may change what it got.
    return snapshots.map(snapshot => snapshot?.data() as T | undefined);
  };
  return {
    getAll,
    get: async (from, id) => {
      const [found] = await getAll(from, [id]);
      return found;
    },
  };
}

function writesOf(writes: PendingWrites): Pick<Work, "create" | "set" | "update" | "delete" | "increment"> {
  return {
    create: (to, id, data) => {
      const ref = documentRef(to, id);
      writes.add(ref, target => target.create(ref, data));
    },
    set: (to, id, data) => {
      const ref = documentRef(to, id);
      writes.add(ref, target => target.set(ref, data));
    },
    update: (to, id, fields) => {
      const ref = documentRef(to, id);
      const data: Record<string, unknown> = { ...fields };
      writes.add(ref, target => target.update(ref, data));
    },
    delete: (from, id) => {
      const ref = documentRef(from, id);
      writes.add(ref, target => target.delete(ref));
    },
    increment: (to, id, by) => {
      const ref = documentRef(to, id);
      const fields = Object.fromEntries(
        Object.entries(by).map(([field, n]) => [field, increment(Number(n))]),
      );
      writes.add(ref, target => target.set(ref, fields, { merge: true }));
    },
  };
}

function followUpsOf(
  documents: Documents,
  by: string,
  followUps: FollowUp[],
): Pick<Work, "emit" | "timer" | "effect"> {
  const { cause, nowMs } = documents;
  return {
    emit: (fact, as = by) => {
      followUps.push(eventFollowUp(fact, { by: as, cause, nowMs, index: followUps.length }));
    },
    timer: (name, { key, dueMs, data }) => {
      const { correlation_id, traceparent } = cause;
      const call = JSON.stringify({ key, correlation_id, traceparent, data });
      followUps.push({ kind: "timer", timer: name, key, due_at_ms: dueMs, call });
    },
    effect: (name, { key, data, dueMs = nowMs }) => {
      const record = plannedEffect({ effect: name, key, data, dueMs }, { cause, nowMs });
      const id = effectId(name, key);
      documents.create(effects, id, record);
      followUps.push({ kind: "effect", effect: name, effect_id: id, due_at_ms: record.due_at_ms });
    },
  };
}

/** @throws PermanentError when the fact is invalid: a retry would emit the same fact */
function eventFollowUp(
  fact: FactOf,
  { by, cause, nowMs, index }: WorkContext & { by: string; index: number },
): FollowUp {
  const checked = validate(fact);
  if (!checked.ok) {
    const places = checked.faults.map(({ pointer, expected }) => `${pointer}: expected ${expected}`);
    throw new PermanentError(`event ${fact.event_type} of ${by} is invalid: ${places.join("; ")}`);
  }
  const event = enrich(checked.event, {
    nowMs,
    newId: () => derivedId("evt", by, cause.producer, cause.id, index),
    producer: by,
    correlationId: cause.correlation_id,
    causationId: isId(cause.id) ? cause.id : cause.correlation_id,
    traceparent: cause.traceparent,
  });
  return {
    kind: "event",
    event_id: event.event_id,
    event: JSON.stringify(event),
    fingerprint: fingerprintOf(fact),
  };
}
