import type { Query } from "../../shared/google/firestore.ts";

/** Documents per query. */
const DOCUMENTS_PER_PAGE = 300;

/** The conditions that entries and effects share. An absent condition matches every record. */
export interface RecordFilter {
  type?: string;
  subject?: string;
  /** Part of the reason, in any case. */
  error?: string;
  /** Max creation time. */
  beforeMs?: number;
}

interface FilteredRecord {
  cause: { event_type: string; subject: string };
  created_at_ms: number;
  reason?: string;
}

/** Reads the documents of a query page by page, in the order of their ids. */
export async function* documentsOf<Document>(query: Query): AsyncGenerator<Document & { id: string }> {
  const ordered = query.orderBy("__name__").limit(DOCUMENTS_PER_PAGE);
  let page = await ordered.get();
  while (page.size > 0) {
    for (const document of page.docs) yield { id: document.id, ...(document.data() as Document) };
    const last = page.docs.at(-1);
    if (page.size < DOCUMENTS_PER_PAGE || !last) return;
    page = await ordered.startAfter(last.id).get();
  }
}

/** Tells whether a record meets all conditions. */
export function isMatch(record: FilteredRecord, { type, subject, error, beforeMs }: RecordFilter): boolean {
  if (type !== undefined && record.cause.event_type !== type) return false;
  if (subject !== undefined && record.cause.subject !== subject) return false;
  if (beforeMs !== undefined && record.created_at_ms > beforeMs) return false;
  return error === undefined || (record.reason ?? "").toLowerCase().includes(error.toLowerCase());
}
