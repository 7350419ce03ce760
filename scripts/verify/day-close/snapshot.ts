import { isDeepStrictEqual } from "node:util";
import type { DocumentRef } from "../../../shared/google/firestore.ts";
import { firestore } from "../../../shared/google/firestore.ts";

/** The fields of every document, by path. */
export type Snapshot = ReadonlyMap<string, Fields>;

export type Fields = Readonly<Record<string, unknown>>;

/** Folders of projections: documents that exist only as parents of their collections. */
const PARENTS = ["projections"];

/** Reads every document of the local Firestore, through the official client. */
export async function readSnapshot(): Promise<Snapshot> {
  const found = new Map<string, Fields>();
  for (const collection of await collectionPaths())
    for (const document of (await firestore().collection(collection).get()).docs)
      found.set(document.ref.path, document.data());
  return found;
}

async function collectionPaths(): Promise<string[]> {
  const top = (await firestore().listCollections()).map(({ path }) => path);
  const nested: string[] = [];
  for (const parent of PARENTS)
    for (const document of await firestore().collection(parent).listDocuments())
      nested.push(...(await document.listCollections()).map(({ path }) => path));
  return [...top, ...nested];
}

/** Writes the documents that changed since the snapshot back, and deletes the new ones. */
export async function restoreSnapshot(snapshot: Snapshot): Promise<void> {
  const now = await readSnapshot();
  const writer = firestore().bulkWriter();
  for (const path of now.keys()) if (!snapshot.has(path)) void writer.delete(refOf(path));
  for (const [path, fields] of snapshot)
    if (!isDeepStrictEqual(now.get(path), fields)) void writer.set(refOf(path), fields);
  await writer.close();
}

export function refOf(path: string): DocumentRef {
  return firestore().doc(path);
}
