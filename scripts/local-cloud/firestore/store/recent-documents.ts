import type { StoredDocument } from "../documents/stored-document.ts";
import type { SizedDocument } from "./document-tables.ts";

/** Max number of kept documents, about 20 MB together. A busy application reads these documents again and again. */
const MAX_DOCUMENTS = 1000;
/** Largest document that is kept, in bytes as stored. */
const MAX_BYTES = 4096;

/** The documents that were read or written last, as they are, by path. Decoding a document costs more than finding it. */
export class RecentDocuments {
  // A map iterates in the order of insertion: its first entry is the least recently used one.
  readonly #documents = new Map<string, StoredDocument>();

  get(path: string): StoredDocument | undefined {
    const document = this.#documents.get(path);
    if (document) {
      this.#documents.delete(path);
      this.#documents.set(path, document);
    }
    return document;
  }

  put({ document, bytes }: SizedDocument): void {
    this.#documents.delete(document.path);
    if (bytes > MAX_BYTES) return;
    this.#documents.set(document.path, document);
    this.#forgetOldest();
  }

  delete(path: string): void {
    this.#documents.delete(path);
  }

  #forgetOldest(): void {
    const [oldest] = this.#documents.keys();
    if (oldest !== undefined && this.#documents.size > MAX_DOCUMENTS) this.#documents.delete(oldest);
  }
}
