import { status } from "@grpc/grpc-js";
import { RpcError } from "../../rpc-error.ts";
import type { Change, DocumentView, StoredDocument, Walk } from "../documents/stored-document.ts";

/** Min number of kept replaced documents, so that a time just read can be read again. */
const KEPT_CHANGES = 1000;
/** Max replaced documents that stay for open snapshots: each entry holds a whole document in memory. */
const MAX_CHANGES = 50_000;

export const snapshotTooOld = () =>
  new RpcError(status.FAILED_PRECONDITION, "The requested 'read_time' is too old.");

interface ReplacedDocument {
  micros: number;
  path: string;
  before: StoredDocument | undefined;
}

/** The documents that recent commits replaced, so that a moment of the recent past can still be read. */
export class History {
  #entries: ReplacedDocument[] = [];
  /** Earliest moment that can be read, in microseconds since 1970. */
  #horizonMicros: number;

  constructor(startMicros: number) {
    this.#horizonMicros = startMicros;
  }

  record(changes: readonly Change[], micros: number): void {
    for (const { place, before } of changes) this.#entries.push({ micros, path: place.path, before });
  }

  /**
   * Drops the replaced documents that no snapshot needs.
   * @param snapshotMicros moment of the oldest open snapshot; absent when no snapshot is open
   */
  forgetBefore(snapshotMicros = Number.POSITIVE_INFINITY): void {
    const entries = this.#entries;
    // A drop copies the list, so documents are dropped many at a time.
    if (entries.length < 2 * KEPT_CHANGES) return;
    const needed = entries.findIndex(({ micros }) => micros > snapshotMicros);
    const keptFrom = Math.min(needed < 0 ? entries.length : needed, entries.length - KEPT_CHANGES);
    if (keptFrom < KEPT_CHANGES && entries.length < 2 * MAX_CHANGES) return;
    const drop = Math.max(keptFrom, entries.length - MAX_CHANGES);
    this.#horizonMicros = entries[drop - 1]?.micros ?? this.#horizonMicros;
    this.#entries = entries.slice(drop);
  }

  /**
   * Returns the documents as they were at a moment.
   * @param current the documents as they are
   * @throws RpcError FAILED_PRECONDITION when the moment is too long ago
   */
  viewAt(micros: number, current: DocumentView): DocumentView {
    if (micros < this.#horizonMicros) throw snapshotTooOld();
    const replaced = new Map<string, StoredDocument | undefined>();
    for (let index = this.#entries.length - 1; index >= 0; index--) {
      const entry = this.#entries[index];
      if (!entry || entry.micros <= micros) break;
      replaced.set(entry.path, entry.before);
    }
    return replaced.size === 0 ? current : overlay(current, replaced);
  }
}

function overlay(current: DocumentView, replaced: Map<string, StoredDocument | undefined>): DocumentView {
  const revived = [...replaced.values()].filter(document => document !== undefined);
  return {
    get(place) {
      const path = `${place.collection}/${place.id}`;
      return replaced.has(path) ? replaced.get(path) : current.get(place);
    },
    *walks(path, wanted) {
      yield revived
        .filter(({ collection }) => collection === path)
        .map(document => ({ document, step: undefined }));
      for (const walk of current.walks(path, wanted)) yield unchanged(walk, replaced);
    },
    size(path) {
      const paths = [...replaced.keys()].filter(changed => collectionOf(changed) === path);
      const now = paths.filter(changed => current.get({ collection: path, id: idOf(changed) }));
      return current.size(path) - now.length + paths.filter(changed => replaced.get(changed)).length;
    },
    collectionPaths: () =>
      new Set([...current.collectionPaths(), ...revived.map(document => document.collection)]),
  };
}

function* unchanged(walk: Walk, replaced: ReadonlyMap<string, unknown>): Walk {
  for (const found of walk) if (!replaced.has(found.document.path)) yield found;
}

const collectionOf = (path: string) => path.slice(0, path.lastIndexOf("/"));
const idOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
