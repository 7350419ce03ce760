import type { Collection, Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import type { Work } from "../../pipeline/work.ts";
import type { PersonScope } from "../person-scope.ts";

/**
 * Max documents per page. An event may have 256 KiB, and a ledger entry more than twice that. Ten documents stay
 * below the 10 MiB of a commit.
 */
export const DOCUMENTS_PER_PAGE = 10;

/** A search for documents that may be about the ids of a scope. */
export interface Search<T> {
  of: Collection<T>;
  /** The field that may hold one of the ids. */
  where: string;
  /** Returns the document without personal data, or the same object when it has none. */
  erased(document: T, scope: PersonScope): T;
}

/**
 * Redacts the next page of a search.
 * @returns the id of the last document; undefined after the last page
 */
export async function eraseFound<T extends object>(
  { scope, after }: { scope: PersonScope; after: string },
  work: Work,
  { of, where, erased }: Search<T>,
): Promise<string | undefined> {
  const ids = await pageOfIds(firestore().collection(of.name).where(where, "in", scope.ids), after);
  await eraseEach(ids, work, { of, erased: document => erased(document, scope) });
  return ids.length < DOCUMENTS_PER_PAGE ? undefined : ids.at(-1);
}

/** Reads the ids of the next documents of a query. */
export async function pageOfIds(found: Query, after: string): Promise<string[]> {
  const page = found.orderBy("__name__").limit(DOCUMENTS_PER_PAGE).select();
  const { docs } = await (after === "" ? page : page.startAfter(after)).get();
  return docs.map(document => document.id);
}

/** Redacts documents by id. Reads the documents again in the unit of work, so a concurrent change is not lost. */
export async function eraseEach<T extends object>(
  ids: readonly string[],
  work: Work,
  { of, erased }: { of: Collection<T>; erased(document: T): T },
): Promise<void> {
  const found = await work.getAll(of, ids);
  ids.forEach((id, index) => {
    const document = found[index];
    if (document === undefined) return;
    const after = erased(document);
    if (after !== document) work.set(of, id, after);
  });
}
