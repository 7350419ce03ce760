import type { Value } from "../documents/messages.ts";
import { narrowingOfFilter } from "../documents/narrowing.ts";
import type { DocumentView, StoredDocument } from "../documents/stored-document.ts";
import { toMicros, toTimestamp } from "../documents/time.ts";
import { fieldReader } from "../query/filter.ts";

/** TTL policies: collection id (of a collection group) to the path of the field with its documents' expiry time. */
export type TtlFields = Readonly<Record<string, string>>;

/** Finds the documents whose TTL field holds a past time. A document with any other value never expires. */
export function* expiredDocuments(
  view: DocumentView,
  ttlFields: TtlFields,
  nowMs: number,
): Generator<StoredDocument> {
  const nowMicros = nowMs * 1000;
  const now: Value = { valueType: "timestampValue", timestampValue: toTimestamp(nowMicros) };
  const fields = new Map(Object.entries(ttlFields));
  for (const collection of view.collectionPaths()) {
    const field = fields.get(collection.slice(collection.lastIndexOf("/") + 1));
    if (field === undefined) continue;
    const reader = fieldReader({ fieldPath: field });
    const narrowing = narrowingOfFilter(reader, "LESS_THAN_OR_EQUAL", [now]);
    const wanted = { narrowing, orderBy: undefined, descending: false, count: Number.POSITIVE_INFINITY };
    for (const walk of view.walks(collection, wanted)) {
      for (const { document } of walk) {
        const value = reader.read(document);
        if (value?.valueType === "timestampValue" && toMicros(value.timestampValue) <= nowMicros)
          yield document;
      }
    }
  }
}
