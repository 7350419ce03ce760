import { parseFieldPath, pickFields } from "./field-path.ts";
import type { DocumentMask, DocumentMessage, Fields } from "./messages.ts";
import type { StoredDocument } from "./stored-document.ts";
import { toTimestamp } from "./time.ts";

/** Converts a stored document to its message, with the fields that `project` selects. */
export function toMessage(document: StoredDocument, project: (fields: Fields) => Fields): DocumentMessage {
  return {
    name: document.name,
    fields: project(document.fields),
    createTime: toTimestamp(document.createMicros),
    updateTime: toTimestamp(document.updateMicros),
  };
}

/** Returns the selection of a read mask; all fields without a mask. */
export function maskOf(mask: DocumentMask | undefined): (fields: Fields) => Fields {
  if (!mask) return fields => fields;
  const paths = (mask.fieldPaths ?? []).map(parseFieldPath);
  return fields => pickFields(fields, paths);
}
