import type { Database } from "../database/database.ts";
import { maskOf, toMessage } from "../documents/document-message.ts";
import type { ParentName } from "../documents/document-name.ts";
import { compareDocumentNames, parseParentName } from "../documents/document-name.ts";
import type { Consistency, DocumentMask } from "../documents/messages.ts";
import { NO_NARROWING } from "../documents/narrowing.ts";
import { unimplemented } from "../documents/refusals.ts";
import type { DocumentView, StoredDocument } from "../documents/stored-document.ts";
import { compareUtf8 } from "../documents/utf8.ts";
import type { PositionRequest } from "../query/position-pages.ts";
import { endOf, positionPageOf } from "../query/position-pages.ts";
import { unary } from "./calls.ts";

interface ListDocumentsRequest extends Consistency, PositionRequest {
  parent?: string;
  collectionId?: string;
  orderBy?: string;
  mask?: DocumentMask;
  showMissing?: boolean;
}

interface ListCollectionIdsRequest extends Consistency, PositionRequest {
  parent?: string;
}

/** Creates the handlers that list documents and collections below a document or the database, page by page. */
export function listHandlers(databaseOf: (name: string) => Database) {
  return {
    listDocuments: unary(async (request: ListDocumentsRequest, context) => {
      const parent = parseParentName(request.parent ?? "");
      if (!request.collectionId) throw unimplemented("ListDocuments without a collection id");
      if (request.orderBy) throw unimplemented("ListDocuments with order_by");
      if (request.transaction?.length) throw unimplemented("ListDocuments in a transaction");
      if (request.showMissing) refusePast(request, "ListDocuments with show_missing");
      const collection = join(parent, request.collectionId);
      return databaseOf(parent.database).read(request, context, async read => {
        const listed: Listed[] = firstDocuments(read.view(), collection, endOf(request) + 1);
        if (request.showMissing) listed.push(...missing(read.view(), collection, parent));
        listed.sort((a, b) => compareDocumentNames(a.name, b.name));
        const { page, nextPageToken } = positionPageOf(listed, request);
        const project = maskOf(request.mask);
        return {
          documents: page.map(item => ("fields" in item ? toMessage(item, project) : item)),
          nextPageToken,
        };
      });
    }),

    listCollectionIds: unary(async (request: ListCollectionIdsRequest, context) => {
      refusePast(request, "ListCollectionIds");
      const parent = parseParentName(request.parent ?? "");
      return databaseOf(parent.database).read(request, context, async read => {
        const ids = [...new Set(childIds(read.view(), parent.path))].sort(compareUtf8);
        const { page, nextPageToken } = positionPageOf(ids, request);
        return { collectionIds: page, nextPageToken };
      });
    }),
  };
}

/** Refuses a call at an earlier time: the history holds documents, but not the collections there were. */
function refusePast({ readTime }: Consistency, feature: string): void {
  if (readTime) throw unimplemented(`${feature} at an earlier time`);
}

/** A document, or the name of one that does not exist. */
type Listed = StoredDocument | { name: string };

/** Returns at least the first `count` documents in the order of their names, and perhaps more. */
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

/** Returns the ids one level below a path, from all paths that hold documents. */
function childIds(view: DocumentView, path: string): string[] {
  const prefix = path === "" ? "" : `${path}/`;
  const below = [...view.collectionPaths()].filter(collection => collection.startsWith(prefix));
  return below.map(collection => collection.slice(prefix.length).split("/")[0] ?? "");
}

const join = (parent: ParentName, collectionId: string) =>
  parent.path === "" ? collectionId : `${parent.path}/${collectionId}`;
