import type { SizedDocument } from "./document-tables.ts";
import type { StoredDocument } from "./stored-document.ts";

/** Enough for what a busy shop reads again and again; together they stay below about 20 MB. */
const MAX_DOCUMENTS = 1000;
const MAX_BYTES = 4096;

/**
 * Documents as they are now that were read or written last, by path: decoding one costs more than finding it.
 * Large ones are not kept.
 */
export function createRecentDocuments(maxDocuments = MAX_DOCUMENTS) {
  // A map gives its entries in the order in which they were put: the first is the one not used for longest.
  const documents = new Map<string, StoredDocument>();

  function forgetOldest(): void {
    const [oldest] = documents.keys();
    if (oldest !== undefined && documents.size > maxDocuments) documents.delete(oldest);
  }

  return {
    get(path: string): StoredDocument | undefined {
      const document = documents.get(path);
      if (document) {
        documents.delete(path);
        documents.set(path, document);
      }
      return document;
    },
    put({ document, bytes }: SizedDocument): void {
      documents.delete(document.path);
      if (bytes > MAX_BYTES) return;
      documents.set(document.path, document);
      forgetOldest();
    },
    delete: (path: string): boolean => documents.delete(path),
  };
}
