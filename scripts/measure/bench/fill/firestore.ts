// Stands for `shared/google/firestore.ts` while a day is filled: the same functions over the tables of the local
// Firestore, in this process, one after the other. Nothing contends, so nothing runs again.
import { Timestamp } from "@google-cloud/firestore";
import { grpcStatus } from "../../../../shared/errors.ts";
import type { Collection } from "../../../../shared/google/firestore.ts";
import type { Plain } from "./document-store.ts";
import { filled, Increment, ServerTime } from "./document-store.ts";

export function collection<T>(name: string): Collection<T> {
  return { name };
}

interface Ref {
  collection: string;
  id: string;
  path: string;
  set(data: Plain): Promise<void>;
}

export function documentRef<T>({ name }: Collection<T>, id: string): Ref {
  const ref = { collection: name, id, path: `${name}/${id}` };
  const set = async (data: Plain): Promise<void> => filled().put(name, id, data);
  return { ...ref, set };
}

function snapshotOf({ collection: name, id }: Ref) {
  const data = filled().get(name, id);
  return { id, exists: data !== undefined, data: () => data, get: (field: string) => data?.[field] };
}

type Write = { ref: Ref; kind: "create" | "set" | "merge" | "update" | "delete"; data: Plain };

function writer() {
  const writes: Write[] = [];
  const add = (kind: Write["kind"], ref: Ref, data: Plain = {}) => void writes.push({ ref, kind, data });
  return {
    writes,
    create: (ref: Ref, data: Plain) => add("create", ref, data),
    set: (ref: Ref, data: Plain, options?: { merge?: boolean }) =>
      add(options?.merge ? "merge" : "set", ref, data),
    update: (ref: Ref, data: Plain) => add("update", ref, data),
    delete: (ref: Ref) => add("delete", ref),
  };
}

function commit(writes: readonly Write[]): void {
  const store = filled();
  for (const { ref, kind } of writes) {
    if (kind === "create" && store.has(ref.collection, ref.id))
      throw Object.assign(new Error(`${ref.path} exists`), { code: grpcStatus.alreadyExists });
  }
  for (const { ref, kind, data } of writes) {
    if (kind === "delete") store.delete(ref.collection, ref.id);
    else store.put(ref.collection, ref.id, data, { merges: kind === "merge" || kind === "update" });
  }
}

export async function inTransaction<R>(body: (transaction: unknown) => Promise<R>): Promise<R> {
  const { writes, ...transaction } = writer();
  const result = await body({
    ...transaction,
    get: async (ref: Ref) => snapshotOf(ref),
    getAll: async (...refs: Ref[]) => refs.map(snapshotOf),
  });
  commit(writes);
  return result;
}

export async function inBatch(write: (batch: unknown) => void): Promise<void> {
  const { writes, ...batch } = writer();
  write(batch);
  commit(writes);
}

export async function readDocument<T>({ name }: Collection<T>, id: string): Promise<T | undefined> {
  return filled().get(name, id) as T | undefined;
}

export async function readDocuments<T>(
  from: Collection<T>,
  ids: readonly string[],
): Promise<(T | undefined)[]> {
  return ids.map(id => filled().get(from.name, id) as T | undefined);
}

export function timestamp(ms: number): Timestamp {
  return Timestamp.fromMillis(ms);
}

export const serverTime = (): ServerTime => new ServerTime();
export const increment = (by: number): Increment => new Increment(by);

/** Whoever needs a query is not a part of what happens on a day. */
const refuse = (): never => {
  throw new Error("While a day is filled nothing is queried");
};
export const firestore = refuse;
export const readNewest = refuse;
export const countAndSum = refuse;
export const closeFirestore = refuse;
