import { status } from "@grpc/grpc-js";
import type { Change, DocumentView, StoredDocument } from "./document-store.ts";
import { RpcError } from "./rpc-error.ts";

/**
 * How far back a snapshot can be read. The service keeps an hour; a read-only transaction on one machine
 * needs seconds, and each entry holds a replaced document in memory.
 */
const KEPT_MICROS = 60 * 1_000_000;
const KEPT_CHANGES = 20_000;

interface Past {
  micros: number;
  path: string;
  before: StoredDocument | undefined;
}

/** What recent commits replaced, so that a moment of the recent past can still be read. */
export function createHistory() {
  let entries: Past[] = [];
  let horizonMicros = 0;

  function forget(nowMicros: number): void {
    let drop = Math.max(0, entries.length - KEPT_CHANGES);
    while ((entries[drop]?.micros ?? nowMicros) < nowMicros - KEPT_MICROS) drop++;
    horizonMicros = entries[drop - 1]?.micros ?? horizonMicros;
    entries = entries.slice(drop);
  }

  return {
    record(changes: readonly Change[], micros: number): void {
      for (const { place, before } of changes) entries.push({ micros, path: place.path, before });
      // Forgetting copies the list, so it waits until there is plenty to forget.
      if (entries.length > 2 * KEPT_CHANGES) forget(micros);
    },

    viewAt(micros: number, current: DocumentView): DocumentView {
      if (micros < horizonMicros) {
        throw new RpcError(status.FAILED_PRECONDITION, "The requested snapshot version is too old.");
      }
      const replaced = new Map<string, StoredDocument | undefined>();
      for (let index = entries.length - 1; index >= 0; index--) {
        const entry = entries[index];
        if (!entry || entry.micros <= micros) break;
        replaced.set(entry.path, entry.before);
      }
      return replaced.size === 0 ? current : overlay(current, replaced);
    },
  };
}

function overlay(current: DocumentView, replaced: Map<string, StoredDocument | undefined>): DocumentView {
  const revived = [...replaced.values()].filter(document => document !== undefined);
  return {
    get(place) {
      const path = `${place.collection}/${place.id}`;
      return replaced.has(path) ? replaced.get(path) : current.get(place);
    },
    *collection(path) {
      for (const document of current.collection(path)) if (!replaced.has(document.path)) yield document;
      for (const document of revived) if (document.collection === path) yield document;
    },
    collectionPaths: () =>
      new Set([...current.collectionPaths(), ...revived.map(document => document.collection)]),
  };
}
