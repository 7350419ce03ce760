import { invalidArgument } from "../../rpc-error.ts";
import type { DocumentName } from "../documents/document-name.ts";
import { parseDocumentNameIn, parseParentName } from "../documents/document-name.ts";
import type { Fields, Target } from "../documents/messages.ts";
import type { Change, DocumentView, StoredDocument } from "../documents/stored-document.ts";
import type { IndexCheck } from "../query/index-check.ts";
import type { Query } from "../query/query.ts";
import { parseQuery, runQuery } from "../query/query.ts";

/** The documents of a target by path. A target by name has an entry for a missing document, too. */
export type SeenDocuments = ReadonlyMap<
  string,
  { place: DocumentName; document: StoredDocument | undefined }
>;

export interface WatchedTarget {
  look(view: DocumentView): SeenDocuments;
  /** Tells whether a commit can have changed the target's documents. Only then does the stream look again. */
  isTouchedBy(changes: readonly Change[]): boolean;
  /** Selects the fields that the target asks for. */
  project(fields: Fields): Fields;
}

/**
 * Parses a target of a ListenRequest.
 * @throws RpcError INVALID_ARGUMENT for an unusable target
 * @throws RpcError FAILED_PRECONDITION for a query without an index
 * @throws RpcError UNIMPLEMENTED for a query that the emulator cannot run
 */
export function parseTarget(
  database: string,
  { query, documents }: Target,
  demandIndex: IndexCheck,
): WatchedTarget {
  if (documents) {
    const names = [...new Set(documents.documents)];
    return watchDocuments(names.map(name => parseDocumentNameIn(database, name)));
  }
  if (!query) throw invalidArgument("Target is empty: expected a query or documents.");
  const parent = parseParentName(query.parent ?? "");
  if (parent.database !== database) {
    throw invalidArgument(
      `Parent "${query.parent}" is in another database: expected "${database}", as in the request.`,
    );
  }
  const parsed = parseQuery(parent, query.structuredQuery ?? {});
  demandIndex(database, query.structuredQuery ?? {});
  return watchQuery(parsed);
}

function watchDocuments(places: readonly DocumentName[]): WatchedTarget {
  const paths = new Set(places.map(({ path }) => path));
  return {
    look: view => new Map(places.map(place => [place.path, { place, document: view.get(place) }])),
    isTouchedBy: changes => changes.some(({ place }) => paths.has(place.path)),
    project: fields => fields,
  };
}

function watchQuery(query: Query): WatchedTarget {
  const matches = (document: StoredDocument | undefined) => document !== undefined && query.matches(document);
  return {
    look(view) {
      const { documents } = runQuery(view, query);
      return new Map(documents.map(document => [document.path, { place: document, document }]));
    },
    isTouchedBy: changes =>
      changes.some(
        ({ place, before, after }) => query.covers(place.collection) && (matches(before) || matches(after)),
      ),
    project: query.project,
  };
}
