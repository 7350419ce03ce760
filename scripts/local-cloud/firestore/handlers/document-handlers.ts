import { randomBytes } from "node:crypto";
import { invalidArgument, notFound } from "../../rpc-error.ts";
import type { Database } from "../database/database.ts";
import { maskOf, toMessage } from "../documents/document-message.ts";
import { parseDatabaseName, parseDocumentName } from "../documents/document-name.ts";
import type { DocumentMask, DocumentMessage, Precondition, Write } from "../documents/messages.ts";
import type { CommitPlan } from "../documents/write.ts";
import { prepareWrites } from "../documents/write.ts";
import { unary } from "./calls.ts";

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

/** Creates the handlers that write a single document. */
export function documentHandlers(databaseOf: (name: string) => Database) {
  function commit(name: string, write: Write, signal: AbortSignal): Promise<CommitPlan> {
    const database = parseDatabaseName(name);
    return databaseOf(database).commit(prepareWrites(database, [write]), undefined, signal);
  }

  /** Makes one write and returns the document afterwards. */
  async function writeOne(
    write: Write,
    mask: DocumentMask | undefined,
    signal: AbortSignal,
  ): Promise<DocumentMessage> {
    const place = parseDocumentName(write.update?.name ?? "");
    const { changes } = await commit(place.database, write, signal);
    const document = changes[0]?.after;
    if (!document) throw notFound(`Document "${place.name}" not found.`);
    return toMessage(document, maskOf(mask));
  }

  return {
    createDocument: unary(async (request: CreateRequest, { signal }) => {
      const update = { ...request.document, name: nameIn(request) };
      return writeOne({ update, currentDocument: { exists: false } }, request.mask, signal);
    }),

    updateDocument: unary(async (request: UpdateRequest, { signal }) => {
      const { document, mask, ...write } = request;
      if (!document) throw invalidArgument("UpdateDocument needs a document.");
      return writeOne({ ...write, update: document }, mask, signal);
    }),

    deleteDocument: unary(async (request: { name?: string; currentDocument?: Precondition }, { signal }) => {
      const { name = "", ...write } = request;
      await commit(parseDocumentName(name).database, { ...write, delete: name }, signal);
      return {};
    }),
  };
}

/** Returns the name of a new document, with a random id when the request names none. */
function nameIn({ parent = "", collectionId = "", documentId = randomId() }: CreateRequest): string {
  return `${parent}/${collectionId}/${documentId}`;
}

const randomId = (): string => randomBytes(10).toString("hex");
