import type { Caller } from "../../grpc/call.ts";
import { notFound } from "../../rpc-error.ts";
import type { Database } from "../database/database.ts";
import { maskOf, toMessage } from "../documents/document-message.ts";
import { parseDatabaseName, parseDocumentName, parseDocumentNameIn } from "../documents/document-name.ts";
import type { Consistency, DocumentMask, DocumentMessage } from "../documents/messages.ts";
import { toTimestamp } from "../documents/time.ts";
import { streaming, unary } from "./calls.ts";

type DatabaseOf = (name: string) => Database;

interface GetDocumentRequest extends Consistency {
  name?: string;
  mask?: DocumentMask;
}

interface BatchGetDocumentsRequest extends Consistency {
  database?: string;
  documents?: string[];
  mask?: DocumentMask;
}

/** Creates the handlers that read documents by their names. */
export function readHandlers(databaseOf: DatabaseOf) {
  return {
    getDocument: unary((request: GetDocumentRequest, caller) => getDocument(databaseOf, request, caller)),
    batchGetDocuments: streaming((request: BatchGetDocumentsRequest, caller) =>
      batchGetDocuments(databaseOf, request, caller),
    ),
  };
}

async function getDocument(
  databaseOf: DatabaseOf,
  request: GetDocumentRequest,
  caller: Caller,
): Promise<DocumentMessage> {
  const place = parseDocumentName(request.name ?? "");
  return databaseOf(place.database).read(request, caller, async read => {
    await read.lock([place.path]);
    const document = read.view().get(place);
    if (!document) throw notFound(`Document "${place.name}" not found.`);
    return toMessage(document, maskOf(request.mask));
  });
}

async function batchGetDocuments(
  databaseOf: DatabaseOf,
  request: BatchGetDocumentsRequest,
  caller: Caller,
): Promise<object[]> {
  const database = parseDatabaseName(request.database ?? "");
  const places = [...new Set(request.documents)].map(name => parseDocumentNameIn(database, name));
  const project = maskOf(request.mask);
  return databaseOf(database).read(request, caller, async read => {
    await read.lock(places.map(({ path }) => path));
    const view = read.view();
    const readTime = toTimestamp(read.readMicros());
    const results = places.map(place => {
      const document = view.get(place);
      return document ? { found: toMessage(document, project), readTime } : { missing: place.name, readTime };
    });
    return read.begun ? [{ transaction: read.begun, readTime }, ...results] : results;
  });
}
