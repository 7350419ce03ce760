import type { Caller } from "../../grpc/call.ts";
import type { Database } from "../database/database.ts";
import { toMessage } from "../documents/document-message.ts";
import { parseParentName } from "../documents/document-name.ts";
import type { Aggregation, Consistency, Fields, StructuredQuery, Timestamp } from "../documents/messages.ts";
import { unimplemented } from "../documents/refusals.ts";
import type { DocumentView, StoredDocument } from "../documents/stored-document.ts";
import { toTimestamp } from "../documents/time.ts";
import { aggregate, aggregateCount } from "../query/aggregate.ts";
import type { IndexCheck } from "../query/index-check.ts";
import type { Query, QueryResult } from "../query/query.ts";
import { affectsAll, countWhole, matching, parseQuery, runQuery } from "../query/query.ts";
import { streaming } from "./calls.ts";

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

interface QueryContext {
  databaseOf: (name: string) => Database;
  demandIndex: IndexCheck;
  caller: Caller;
}

/** Creates the handlers of queries and aggregations. */
export function queryHandlers(databaseOf: (name: string) => Database, demandIndex: IndexCheck) {
  return {
    runQuery: streaming((request: QueryRequest, caller) =>
      answerQuery(request, { databaseOf, demandIndex, caller }),
    ),
    runAggregationQuery: streaming((request: AggregationRequest, caller) =>
      answerAggregation(request, { databaseOf, demandIndex, caller }),
    ),
  };
}

async function answerQuery(
  request: QueryRequest,
  { databaseOf, demandIndex, caller }: QueryContext,
): Promise<Iterable<object>> {
  refuseExplain(request);
  const parent = parseParentName(request.parent ?? "");
  const query = parseQuery(parent, request.structuredQuery ?? {});
  demandIndex(parent.database, request.structuredQuery ?? {});
  return databaseOf(parent.database).read(request, caller, async read => {
    await read.lock([`query ${query.key}`]);
    const { documents, affects } = runQuery(read.view(), query);
    read.lockMatching(affects);
    const readTime = toTimestamp(read.readMicros());
    const begun = read.begun ? [{ transaction: read.begun }] : [];
    return documents.length > 0 ? answers({ begun, documents, query, readTime }) : [...begun, { readTime }];
  });
}

async function answerAggregation(
  request: AggregationRequest,
  { databaseOf, demandIndex, caller }: QueryContext,
): Promise<object[]> {
  refuseExplain(request);
  const parent = parseParentName(request.parent ?? "");
  const { structuredQuery = {}, aggregations = [] } = request.structuredAggregationQuery ?? {};
  const query = parseQuery(parent, structuredQuery);
  demandIndex(parent.database, structuredQuery, aggregations);
  return databaseOf(parent.database).read(request, caller, async read => {
    await read.lock([`query ${query.key}`]);
    const { aggregateFields, affects } = aggregateQuery(read.view(), query, aggregations);
    read.lockMatching(affects);
    const result = { aggregateFields };
    return [{ result, readTime: toTimestamp(read.readMicros()), transaction: read.begun }];
  });
}

function aggregateQuery(
  view: DocumentView,
  query: Query,
  aggregations: readonly Aggregation[],
): { aggregateFields: Fields; affects: QueryResult["affects"] } {
  const counted = query.isWhole ? aggregateCount(() => countWhole(view, query), aggregations) : undefined;
  const isLimited = query.offset > 0 || query.limit < Number.POSITIVE_INFINITY;
  const found = isLimited ? runQuery(view, query) : undefined;
  const aggregateFields = counted ?? aggregate(found?.documents ?? matching(view, query), aggregations);
  return { aggregateFields, affects: found?.affects ?? affectsAll(query) };
}

/** The emulator has no plan to explain. A request for the plan alone expects no documents, so it is refused. */
function refuseExplain({ explainOptions }: { explainOptions?: object }): void {
  if (explainOptions) throw unimplemented("query explain");
}

interface QueryAnswer {
  begun: object[];
  documents: StoredDocument[];
  query: Query;
  readTime: Timestamp;
}

/** Makes each message when it is sent: all messages of a large result would fill the memory. */
function* answers({ begun, documents, query, readTime }: QueryAnswer): Generator<object> {
  yield* begun;
  for (const document of documents) yield { document: toMessage(document, query.project), readTime };
}
