import { getField, parseFieldPath } from "./field-path.ts";
import type { DocumentView, StoredDocument } from "./stored-document.ts";
import { toMicros } from "./time.ts";

/** Collection id (of a collection group) to the path of the field that says when its documents expire. */
export type TtlFields = Readonly<Record<string, string>>;

/** The documents whose TTL field holds a time that is over; any other value keeps a document for ever. */
export function* expiredDocuments(
  view: DocumentView,
  ttlFields: TtlFields,
  nowMs: number,
): Generator<StoredDocument> {
  const nowMicros = nowMs * 1000;
  const fields = new Map(Object.entries(ttlFields));
  for (const collection of view.collectionPaths()) {
    const field = fields.get(collection.slice(collection.lastIndexOf("/") + 1));
    if (field === undefined) continue;
    const path = parseFieldPath(field);
    for (const document of view.collection(collection)) {
      const value = getField(document.fields, path);
      if (value?.valueType === "timestampValue" && toMicros(value.timestampValue) <= nowMicros)
        yield document;
    }
  }
}
