import { invalidArgument } from "../rpc-error.ts";
import { unary } from "./calls.ts";
import type { Database } from "./database.ts";
import type { ParentName } from "./document-name.ts";
import { compareDocumentNames, parseParentName } from "./document-name.ts";
import type { Consistency, DocumentMask } from "./messages.ts";
import { NO_NARROWING } from "./narrowing.ts";
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
      if (request.showMissing) refuseEarlier(request, "ListDocuments with show_missing");
      const collection = join(parent, request.collectionId);
      return databaseOf(parent.database).read(request, context, async read => {
        const listed: Listed[] = firstDocuments(read.view(), collection, endOf(request) + 1);
        if (request.showMissing) listed.push(...missing(read.view(), collection, parent));
        listed.sort((a, b) => compareDocumentNames(a.name, b.name));
        const { page, nextPage } = pageOf(listed, request);
        const project = maskOf(request.mask);
        return {
          documents: page.map(item => ("fields" in item ? toMessage(item, project) : item)),
          ...nextPage,
        };
      });
    }),

    listCollectionIds: unary(async (request: ListCollectionIdsRequest, context) => {
      refuseEarlier(request, "ListCollectionIds");
      const parent = parseParentName(request.parent ?? "");
      return databaseOf(parent.database).read(request, context, async read => {
        const ids = [...new Set(childIds(read.view(), parent.path))].sort(compareUtf8);
        const { page, nextPage } = pageOf(ids, request);
        return { collectionIds: page, ...nextPage };
      });
    }),
  };
}

/** Which collections there were is not kept, only which documents. */
function refuseEarlier({ readTime }: Consistency, what: string): void {
  if (readTime) throw unimplemented(`${what} at an earlier time`);
}

/** A document, or the name of one that does not exist. */
type Listed = StoredDocument | { name: string };

/** The first so many in the order of their names. */
function firstDocuments(view: DocumentView, collection: string, count: number): StoredDocument[] {
  const wanted = { narrowing: NO_NARROWING, orderBy: undefined, descending: false, count };
  return [...view.walks(collection, wanted)].flatMap(walk => {
    const documents: StoredDocument[] = [];
    for (const { document, step } of walk) {
      if (step !== undefined && documents.length === count) break;
      documents.push(document);
    }
    return documents;
  });
}

/** Documents that do not exist but have something below them: a name and nothing else. */
function missing(view: DocumentView, collection: string, parent: ParentName): Array<{ name: string }> {
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

interface PageRequest {
  pageSize?: number;
  pageToken?: string;
}

function startOf({ pageToken }: PageRequest): number {
  const start = pageToken ? Number(pageToken) : 0;
  if (!Number.isSafeInteger(start) || start < 0) throw invalidArgument("The page token is invalid.");
  return start;
}

const endOf = (request: PageRequest) => startOf(request) + (request.pageSize || DEFAULT_PAGE_SIZE);

const join = (parent: ParentName, collectionId: string) =>
  parent.path === "" ? collectionId : `${parent.path}/${collectionId}`;

/** A page token is the position to go on from. */
export function pageOf<Item>(items: readonly Item[], request: PageRequest) {
  const start = startOf(request);
  const end = endOf(request);
  const nextPage = end < items.length ? { nextPageToken: String(end) } : {};
  return { page: items.slice(start, end), nextPage };
}
