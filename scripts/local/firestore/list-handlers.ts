import { invalidArgument } from "../rpc-error.ts";
import { unary } from "./calls.ts";
import type { Database } from "./database.ts";
import type { ParentName } from "./document-name.ts";
import { compareDocumentNames, parseParentName } from "./document-name.ts";
import type { Consistency, DocumentMask, DocumentMessage } from "./messages.ts";
import { maskOf, toMessage } from "./read-handlers.ts";
import { unimplemented } from "./refusals.ts";
import type { DocumentView, StoredDocument } from "./stored-document.ts";
import { compareUtf8 } from "./utf8.ts";

const DEFAULT_PAGE_SIZE = 300;

interface ListDocumentsRequest extends Consistency {
  parent?: string;
  collectionId?: string;
  pageSize?: number;
  pageToken?: string;
  orderBy?: string;
  mask?: DocumentMask;
  showMissing?: boolean;
}

interface ListCollectionIdsRequest extends Consistency {
  parent?: string;
  pageSize?: number;
  pageToken?: string;
}

/** What there is below a document or the database, page by page. */
export function listHandlers(databaseOf: (name: string) => Database) {
  return {
    listDocuments: unary(async (request: ListDocumentsRequest, context) => {
      const parent = parseParentName(request.parent ?? "");
      if (!request.collectionId) throw unimplemented("ListDocuments without a collection id");
      if (request.orderBy) throw unimplemented("ListDocuments with order_by");
      if (request.transaction?.length) throw unimplemented("ListDocuments in a transaction");
      const collection = join(parent, request.collectionId);
      return databaseOf(parent.database).read(request, context, async read => {
        const documents = messages(read.view(), collection, request);
        if (request.showMissing) documents.push(...missing(read.view(), collection, parent));
        documents.sort((a, b) => compareDocumentNames(a.name ?? "", b.name ?? ""));
        const { page, nextPage } = pageOf(documents, request);
        return { documents: page, ...nextPage };
      });
    }),

    listCollectionIds: unary(async (request: ListCollectionIdsRequest, context) => {
      const parent = parseParentName(request.parent ?? "");
      return databaseOf(parent.database).read(request, context, async read => {
        const ids = [...new Set(childIds(read.view(), parent.path))].sort(compareUtf8);
        const { page, nextPage } = pageOf(ids, request);
        return { collectionIds: page, ...nextPage };
      });
    }),
  };
}

function messages(view: DocumentView, collection: string, { mask }: ListDocumentsRequest): DocumentMessage[] {
  const project = maskOf(mask);
  return [...view.collection(collection)].map((document: StoredDocument) => toMessage(document, project));
}

/** Documents that do not exist but have something below them: a name and nothing else. */
function missing(view: DocumentView, collection: string, parent: ParentName): DocumentMessage[] {
  const ids = [...new Set(childIds(view, collection))].filter(id => !view.get({ collection, id }));
  return ids.map(id => ({
    name: `${parent.database}/documents/${collection}/${id}`,
  }));
}

/** The ids one step below a path, of all paths that hold documents. */
function childIds(view: DocumentView, path: string): string[] {
  const prefix = path === "" ? "" : `${path}/`;
  const below = [...view.collectionPaths()].filter(collection => collection.startsWith(prefix));
  return below.map(collection => collection.slice(prefix.length).split("/")[0] ?? "");
}

const join = (parent: ParentName, collectionId: string) =>
  parent.path === "" ? collectionId : `${parent.path}/${collectionId}`;

/** A page token is the position to go on from. */
export function pageOf<Item>(
  items: readonly Item[],
  { pageSize, pageToken }: { pageSize?: number; pageToken?: string },
) {
  const start = pageToken ? Number(pageToken) : 0;
  if (!Number.isSafeInteger(start) || start < 0) throw invalidArgument("The page token is invalid.");
  const end = start + (pageSize || DEFAULT_PAGE_SIZE);
  const nextPage = end < items.length ? { nextPageToken: String(end) } : {};
  return { page: items.slice(start, end), nextPage };
}
