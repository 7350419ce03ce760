import { invalidArgument } from "../../rpc-error.ts";
import type { Database } from "../database/database.ts";
import { parseParentName } from "../documents/document-name.ts";
import type { Consistency, Cursor, StructuredQuery } from "../documents/messages.ts";
import type { StoredDocument } from "../documents/stored-document.ts";
import type { PositionRequest } from "../query/position-pages.ts";
import { positionPageOf } from "../query/position-pages.ts";
import { parseQuery, runQuery } from "../query/query.ts";
import { unary } from "./calls.ts";

interface PartitionQueryRequest extends Consistency, PositionRequest {
  parent?: string;
  structuredQuery?: StructuredQuery;
  partitionCount?: string;
}

/** Creates the handler that divides a collection group into parts of equal size, for several readers at once. */
export function partitionHandlers(databaseOf: (name: string) => Database) {
  return {
    partitionQuery: unary(async (request: PartitionQueryRequest, context) => {
      const parent = parseParentName(request.parent ?? "");
      const { structuredQuery = {} } = request;
      const query = parseQuery(parent, structuredQuery);
      const count = Number(request.partitionCount ?? 0);
      if (!(count > 0)) throw invalidArgument("partition_count is not positive: expected at least 1.");
      if (parent.path !== "" || !structuredQuery.from?.[0]?.allDescendants || structuredQuery.where) {
        throw invalidArgument("Only a whole collection group, without filters, can be partitioned.");
      }
      return databaseOf(parent.database).read(request, context, async read => {
        const { documents } = runQuery(read.view(), query);
        const { page, nextPageToken } = positionPageOf(partitionPoints(documents, count), request);
        return { partitions: page, nextPageToken };
      });
    }),
  };
}

/** Returns the first names of all parts but the first; fewer parts than requested when there are fewer documents. */
function partitionPoints(documents: readonly StoredDocument[], count: number): Cursor[] {
  const parts = Math.min(count + 1, documents.length);
  const starts = Array.from({ length: parts }, (_, part) => Math.floor((part * documents.length) / parts));
  return starts.slice(1).flatMap(start => {
    const name = documents[start]?.name;
    return name ? [{ values: [{ valueType: "referenceValue", referenceValue: name }] }] : [];
  });
}
