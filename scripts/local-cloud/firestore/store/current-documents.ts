import type { Change, DocumentView, StoredDocument, Walk, Wanted } from "../documents/stored-document.ts";
import type { DocumentStorage } from "./document-storage.ts";
import type { Collection, SizedDocument } from "./document-tables.ts";
import type { PlannedWalk } from "./query-plan.ts";
import { planScan, planWalks } from "./query-plan.ts";
import { RecentDocuments } from "./recent-documents.ts";

/** The documents of one database as they are. Memory holds the collections' names and sizes, and recent documents. */
export class CurrentDocuments implements DocumentView {
  readonly #documents: DocumentStorage;
  readonly #collections: Map<string, Collection>;
  readonly #recent = new RecentDocuments();
  #documentCount: number;

  constructor(documents: DocumentStorage, database: string) {
    this.#documents = documents;
    const found = documents.tables.collections(database);
    this.#collections = new Map(found.map(collection => [collection.path, collection]));
    this.#documentCount = found.reduce((sum, { size }) => sum + size, 0);
  }

  get({ collection: path, id }: { collection: string; id: string }): StoredDocument | undefined {
    const known = this.#recent.get(`${path}/${id}`);
    if (known) return known;
    const collection = this.#collections.get(path);
    const found = collection && this.#documents.tables.get(collection, id);
    if (found) this.#recent.put(found);
    return found?.document;
  }

  walks(path: string, wanted: Wanted): Walk[] {
    const collection = this.#collections.get(path);
    if (!collection || collection.size === 0) return [];
    const { indexes, indexFromSize } = this.#documents;
    const isSmall = collection.size < indexFromSize;
    const plan = isSmall ? planScan(collection, wanted) : planWalks(indexes, collection, wanted);
    return plan.map(planned => walk(this.#documents, collection, planned));
  }

  size(path: string): number {
    return this.#collections.get(path)?.size ?? 0;
  }

  *collectionPaths(): Generator<string> {
    for (const { path, size } of this.#collections.values()) if (size > 0) yield path;
  }

  documentCount(): number {
    return this.#documentCount;
  }

  collection(path: string): Collection | undefined {
    return this.#collections.get(path);
  }

  /** Updates the memory after a commit: `written` are the stored documents, `added` the new collections. */
  update(
    changes: readonly Change[],
    { added, written }: { added: ReadonlyMap<string, Collection>; written: readonly SizedDocument[] },
  ): void {
    for (const [path, collection] of added) this.#collections.set(path, collection);
    for (const document of written) this.#recent.put(document);
    for (const { place, before, after } of changes) {
      if (!after) this.#recent.delete(place.path);
      const growth = Number(after !== undefined) - Number(before !== undefined);
      const collection = this.#collections.get(place.collection);
      if (collection) collection.size += growth;
      this.#documentCount += growth;
    }
  }
}

function* walk(
  { tables, indexes }: DocumentStorage,
  collection: Collection,
  { range, ids, descending, steps }: PlannedWalk,
): Generator<{ document: StoredDocument; step: string | undefined }, void> {
  if (!range) {
    for (const document of tables.walk(collection, ids, descending)) {
      yield { document, step: steps && document.id };
    }
    return;
  }
  for (const { document, key } of indexes.walk(collection, range, { ids, descending })) {
    yield { document, step: steps === "key" ? Buffer.from(key).toString("latin1") : steps && document.id };
  }
}
