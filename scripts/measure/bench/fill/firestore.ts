// Stand-in for `shared/google/firestore.ts` while a day is filled. The same functions write to the tables of the local
// Firestore, one transaction after the other. Transactions never contend, so none runs again.
import { Timestamp } from "@google-cloud/firestore";
import { grpcStatus } from "../../../../shared/errors.ts";
import type { Collection, Version } from "../../../../shared/google/firestore.ts";
import type { PlainDocument } from "./document-store.ts";
import { filledStore, Increment, Removed, ServerTime } from "./document-store.ts";

export function collection<T>(name: string): Collection<T> {
  return { name };
}

interface Ref {
  collection: string;
  id: string;
  path: string;
  set(data: PlainDocument): Promise<void>;
}

export function documentRef<T>({ name }: Collection<T>, id: string): Ref {
  const ref = { collection: name, id, path: `${name}/${id}` };
  const set = async (data: PlainDocument): Promise<void> => filledStore().put(name, id, data);
  return { ...ref, set };
}

function snapshotOf({ collection: name, id }: Ref) {
  const data = filledStore().get(name, id);
  return { id, exists: data !== undefined, data: () => data, get: (field: string) => data?.[field] };
}

type Write = { ref: Ref; kind: "create" | "set" | "merge" | "update" | "delete"; data: PlainDocument };

function writer() {
  const writes: Write[] = [];
  const add = (kind: Write["kind"], ref: Ref, data: PlainDocument = {}) =>
    void writes.push({ ref, kind, data });
  return {
    writes,
    create: (ref: Ref, data: PlainDocument) => add("create", ref, data),
    set: (ref: Ref, data: PlainDocument, options?: { merge?: boolean }) =>
      add(options?.merge ? "merge" : "set", ref, data),
    update: (ref: Ref, data: PlainDocument) => add("update", ref, data),
    delete: (ref: Ref) => add("delete", ref),
  };
}

function commit(writes: readonly Write[]): void {
  const store = filledStore();
  for (const { ref, kind } of writes) {
    if (kind === "create" && store.has(ref.collection, ref.id))
      throw Object.assign(new Error(`Document ${ref.path} exists: expected none`), {
        code: grpcStatus.alreadyExists,
      });
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
  return filledStore().get(name, id) as T | undefined;
}

export async function readDocuments<T>(
  from: Collection<T>,
  ids: readonly string[],
): Promise<(T | undefined)[]> {
  return ids.map(id => filledStore().get(from.name, id) as T | undefined);
}

/** Every version has the same time: transactions come one after the other, so no condition fails. */
export async function readVersions<T>(from: Collection<T>, ids: readonly string[]): Promise<Version<T>[]> {
  const rows = await readDocuments(from, ids);
  return rows.map(row => ({ row, writtenAt: row && timestamp(0) }));
}

export function timestamp(ms: number): Timestamp {
  return Timestamp.fromMillis(ms);
}

export const serverTime = (): ServerTime => new ServerTime();
export const removed = (): Removed => new Removed();
export const increment = (by: number): Increment => new Increment(by);

/** No function of a filled day runs a query. */
const refuse = (): never => {
  throw new Error("Query unsupported: the stand-in for Firestore reads documents by id only.");
};
export const firestore = refuse;
export const readNewest = refuse;
export const countAndSum = refuse;
export const closeFirestore = refuse;
