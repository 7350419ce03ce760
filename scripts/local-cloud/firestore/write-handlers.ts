import { randomBytes } from "node:crypto";
import { status } from "@grpc/grpc-js";
import { invalidArgument, notFound, RpcError } from "../rpc-error.ts";
import { unary } from "./calls.ts";
import type { Database } from "./database.ts";
import { parseDatabaseName, parseDocumentName } from "./document-name.ts";
import type {
  DocumentMask,
  DocumentMessage,
  Precondition,
  TransactionOptions,
  Write,
  WriteResult,
} from "./messages.ts";
import { maskOf, toMessage } from "./read-handlers.ts";
import { toTimestamp } from "./time.ts";
import { prepareWrites } from "./write.ts";

type DatabaseOf = (name: string) => Database;

/** Everything that changes documents, and the transactions in which that happens. */
export function writeHandlers(databaseOf: DatabaseOf) {
  async function commit(name: string, writes: Write[], { transaction, signal }: CommitContext) {
    const database = parseDatabaseName(name);
    return databaseOf(database).commit(prepareWrites(database, writes), transaction, signal);
  }

  /** One write by its single-document call: the document afterwards. */
  async function writeOne(
    write: Write,
    mask: DocumentMask | undefined,
    signal: AbortSignal,
  ): Promise<DocumentMessage> {
    const place = parseDocumentName(write.update?.name ?? "");
    const { changes } = await commit(place.database, [write], { signal });
    const document = changes[0]?.after;
    if (!document) throw notFound(`Document "${place.name}" not found.`);
    return toMessage(document, maskOf(mask));
  }

  return {
    commit: unary(
      async (request: { database?: string; writes?: Write[]; transaction?: Buffer }, { signal }) => {
        const plan = await commit(request.database ?? "", request.writes ?? [], {
          signal,
          transaction: request.transaction,
        });
        return {
          writeResults: plan.writeResults,
          commitTime: toTimestamp(plan.commitMicros),
        };
      },
    ),

    batchWrite: unary(
      async ({ database = "", writes = [] }: { database?: string; writes?: Write[] }, { signal }) => {
        const target = databaseOf(parseDatabaseName(database));
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
      },
    ),

    beginTransaction: unary(
      async (request: { database?: string; options?: TransactionOptions }, { peer }) => {
        const database = databaseOf(parseDatabaseName(request.database ?? ""));
        return { transaction: Buffer.from(database.begin(request.options, peer).id) };
      },
    ),

    rollback: unary(async (request: { database?: string; transaction?: Buffer }) => {
      databaseOf(parseDatabaseName(request.database ?? "")).rollback(request.transaction ?? Buffer.alloc(0));
      return {};
    }),

    createDocument: unary(async (request: CreateRequest, { signal }) => {
      const {
        parent = "",
        collectionId = "",
        documentId = randomBytes(10).toString("hex"),
        document,
      } = request;
      const update = {
        ...document,
        name: `${parent}/${collectionId}/${documentId}`,
      };
      return writeOne({ update, currentDocument: { exists: false } }, request.mask, signal);
    }),

    updateDocument: unary(async (request: UpdateRequest, { signal }) => {
      const { document, mask, ...write } = request;
      if (!document) throw invalidArgument("UpdateDocument needs a document.");
      return writeOne({ ...write, update: document }, mask, signal);
    }),

    deleteDocument: unary(async (request: { name?: string; currentDocument?: Precondition }, { signal }) => {
      const { name = "", ...write } = request;
      await commit(parseDocumentName(name).database, [{ ...write, delete: name }], { signal });
      return {};
    }),
  };
}

interface CommitContext {
  signal: AbortSignal;
  transaction?: Buffer | undefined;
}

interface CreateRequest {
  parent?: string;
  collectionId?: string;
  documentId?: string;
  document?: DocumentMessage;
  mask?: DocumentMask;
}

interface UpdateRequest {
  document?: DocumentMessage;
  updateMask?: DocumentMask;
  mask?: DocumentMask;
  currentDocument?: Precondition;
}

interface Status {
  code: status;
  message: string;
}

/** In a BatchWrite each write succeeds or fails by itself; what is not a refusal is a bug and fails the call. */
function toStatus(error: unknown): Status {
  if (error instanceof RpcError) return { code: error.code, message: error.message };
  throw error;
}

const isStatus = (result: WriteResult | Status | undefined): result is Status =>
  result !== undefined && "code" in result;
