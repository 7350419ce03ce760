import { notFound } from "../rpc-error.ts";
import { aggregate, aggregateCount } from "./aggregate.ts";
import { streaming, unary } from "./calls.ts";
import type { Database } from "./database.ts";
import {
  parseDatabaseName,
  parseDocumentName,
  parseDocumentNameIn,
  parseParentName,
} from "./document-name.ts";
import { parseFieldPath, pickFields } from "./field-path.ts";
import { demandIndex } from "./index-check.ts";
import type { Indexes } from "./index-definitions.ts";
import type {
  Aggregation,
  Consistency,
  DocumentMask,
  DocumentMessage,
  Fields,
  StructuredQuery,
  Timestamp,
} from "./messages.ts";
import type { Query } from "./query.ts";
import { affectsAll, countWhole, matching, parseQuery, runQuery } from "./query.ts";
import { unimplemented } from "./refusals.ts";
import type { StoredDocument } from "./stored-document.ts";
import { toTimestamp } from "./time.ts";

type DatabaseOf = (name: string) => Database;

interface QueryRequest extends Consistency {
  parent?: string;
  explainOptions?: object;
  structuredQuery?: StructuredQuery;
}

interface AggregationRequest extends Consistency {
  parent?: string;
  explainOptions?: object;
  structuredAggregationQuery?: {
    structuredQuery?: StructuredQuery;
    aggregations?: Aggregation[];
  };
}

/** Documents by name, queries and aggregations; with `indexes` only queries that one of them answers. */
export function readHandlers(databaseOf: DatabaseOf, indexes?: Indexes) {
  return {
    getDocument: unary(
      async (
        request: Consistency & { name?: string; mask?: DocumentMask },
        context,
      ): Promise<DocumentMessage> => {
        const place = parseDocumentName(request.name ?? "");
        return databaseOf(place.database).read(request, context, async read => {
          await read.lock([place.path]);
          const document = read.view().get(place);
          if (!document) throw notFound(`Document "${place.name}" not found.`);
          return toMessage(document, maskOf(request.mask));
        });
      },
    ),

    batchGetDocuments: streaming(
      async (
        request: Consistency & {
          database?: string;
          documents?: string[];
          mask?: DocumentMask;
        },
        context,
      ): Promise<Array<object>> => {
        const database = parseDatabaseName(request.database ?? "");
        const places = [...new Set(request.documents)].map(name => parseDocumentNameIn(database, name));
        const project = maskOf(request.mask);
        return databaseOf(database).read(request, context, async read => {
          await read.lock(places.map(({ path }) => path));
          const view = read.view();
          const readTime = toTimestamp(read.readMicros());
          const results = places.map(place => {
            const document = view.get(place);
            return document
              ? { found: toMessage(document, project), readTime }
              : { missing: place.name, readTime };
          });
          return read.begun ? [{ transaction: read.begun, readTime }, ...results] : results;
        });
      },
    ),

    runQuery: streaming(async (request: QueryRequest, context): Promise<Iterable<object>> => {
      refuseExplain(request);
      const parent = parseParentName(request.parent ?? "");
      const query = parseQuery(parent, request.structuredQuery ?? {});
      if (indexes) demandIndex(request.structuredQuery ?? {}, [], indexes);
      return databaseOf(parent.database).read(request, context, async read => {
        await read.lock([`query ${query.key}`]);
        const { documents, affects } = runQuery(read.view(), query);
        read.lockMatching(affects);
        const readTime = toTimestamp(read.readMicros());
        const begun = read.begun ? [{ transaction: read.begun }] : [];
        return documents.length > 0
          ? answers({ begun, documents, query, readTime })
          : [...begun, { readTime }];
      });
    }),

    runAggregationQuery: streaming(async (request: AggregationRequest, context): Promise<Array<object>> => {
      refuseExplain(request);
      const parent = parseParentName(request.parent ?? "");
      const { structuredQuery = {}, aggregations = [] } = request.structuredAggregationQuery ?? {};
      const query = parseQuery(parent, structuredQuery);
      if (indexes) demandIndex(structuredQuery, aggregations, indexes);
      return databaseOf(parent.database).read(request, context, async read => {
        await read.lock([`query ${query.key}`]);
        const view = read.view();
        const counted = query.isWhole
          ? aggregateCount(() => countWhole(view, query), aggregations)
          : undefined;
        const isLimited = query.offset > 0 || query.limit < Number.POSITIVE_INFINITY;
        const found = isLimited ? runQuery(view, query) : undefined;
        const aggregateFields = counted ?? aggregate(found?.documents ?? matching(view, query), aggregations);
        read.lockMatching(found?.affects ?? affectsAll(query));
        const result = { aggregateFields };
        const readTime = toTimestamp(read.readMicros());
        return [
          {
            result,
            readTime,
            ...(read.begun && { transaction: read.begun }),
          },
        ];
      });
    }),
  };
}

/** There is no plan to explain, and who asks for the plan alone expects no documents. */
function refuseExplain({ explainOptions }: { explainOptions?: object }): void {
  if (explainOptions) throw unimplemented("query explain");
}

/** Each is made when it is sent: the messages of a large result would fill the memory. */
function* answers({ begun, documents, query, readTime }: QueryAnswer): Generator<object> {
  yield* begun;
  for (const document of documents) yield { document: toMessage(document, query.project), readTime };
}

interface QueryAnswer {
  begun: object[];
  documents: StoredDocument[];
  query: Query;
  readTime: Timestamp;
}

export function maskOf(mask: DocumentMask | undefined): (fields: Fields) => Fields {
  if (!mask) return fields => fields;
  const paths = (mask.fieldPaths ?? []).map(parseFieldPath);
  return fields => pickFields(fields, paths);
}

export function toMessage(document: StoredDocument, project: (fields: Fields) => Fields): DocumentMessage {
  return {
    name: document.name,
    fields: project(document.fields),
    createTime: toTimestamp(document.createMicros),
    updateTime: toTimestamp(document.updateMicros),
  };
}
