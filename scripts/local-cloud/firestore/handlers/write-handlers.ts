import { status } from "@grpc/grpc-js";
import { invalidArgument, RpcError } from "../../rpc-error.ts";
import type { Database } from "../database/database.ts";
import { parseDatabaseName } from "../documents/document-name.ts";
import type { TransactionOptions, Write, WriteResult } from "../documents/messages.ts";
import { toTimestamp } from "../documents/time.ts";
import { prepareWrites } from "../documents/write.ts";
import { unary } from "./calls.ts";

type DatabaseOf = (name: string) => Database;

interface CommitRequest {
  database?: string;
  writes?: Write[];
  transaction?: Buffer;
}

interface BatchWriteRequest {
  database?: string;
  writes?: Write[];
}

/** Creates the handlers of commits, batches and transactions. */
export function writeHandlers(databaseOf: DatabaseOf) {
  const databaseIn = ({ database = "" }: { database?: string }) => databaseOf(parseDatabaseName(database));
  return {
    commit: unary(async (request: CommitRequest, { signal }) => commit(databaseIn(request), request, signal)),

    batchWrite: unary(async (request: BatchWriteRequest, { signal }) =>
      batchWrite(databaseIn(request), request, signal),
    ),

    beginTransaction: unary(
      async (request: { database?: string; options?: TransactionOptions }, { peer }) => {
        const { id } = databaseIn(request).begin(request.options, peer);
        return { transaction: Buffer.from(id) };
      },
    ),

    rollback: unary(async (request: { database?: string; transaction?: Buffer }) => {
      databaseIn(request).rollback(request.transaction ?? Buffer.alloc(0));
      return {};
    }),
  };
}

async function commit(
  target: Database,
  { database = "", writes = [], transaction }: CommitRequest,
  signal: AbortSignal,
) {
  const plan = await target.commit(prepareWrites(database, writes), transaction, signal);
  return { writeResults: plan.writeResults, commitTime: toTimestamp(plan.commitMicros) };
}

async function batchWrite(
  target: Database,
  { database = "", writes = [] }: BatchWriteRequest,
  signal: AbortSignal,
) {
  const prepared = prepareWrites(database, writes);
  if (new Set(prepared.map(({ place }) => place.path)).size < prepared.length) {
    throw invalidArgument("the same document cannot be written more than once in a single request");
  }
  const results = await Promise.all(
    prepared.map(write =>
      target.commit([write], undefined, signal).then(({ writeResults }) => writeResults[0], toStatus),
    ),
  );
  return {
    writeResults: results.map((result): WriteResult => (isStatus(result) ? {} : (result ?? {}))),
    status: results.map(result => (isStatus(result) ? result : { code: status.OK })),
  };
}

interface WriteStatus {
  code: status;
  message: string;
}

/** Converts a refused write to its status: each write of a BatchWrite succeeds or fails alone. Other errors fail the call. */
function toStatus(error: unknown): WriteStatus {
  if (error instanceof RpcError) return { code: error.code, message: error.message };
  throw error;
}

const isStatus = (result: WriteResult | WriteStatus | undefined): result is WriteStatus =>
  result !== undefined && "code" in result;
