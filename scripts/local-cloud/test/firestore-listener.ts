import type { DocumentReference, DocumentSnapshot, Query, QuerySnapshot } from "@google-cloud/firestore";
import { afterEach } from "@jest/globals";

export interface Listener<Snapshot> {
  /** All snapshots so far, in order. */
  snapshots: Snapshot[];
  /**
   * Resolves with the first snapshot, past ones included, for which the condition is true.
   * @throws Error when listening fails
   */
  until(condition: (snapshot: Snapshot) => boolean): Promise<Snapshot>;
  /** Stops listening. The end of the test stops the listener automatically. */
  stop(): void;
}

const stops: Array<() => void> = [];

// A client that listens cannot be closed.
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

type Subscribe<Snapshot> = (next: (snapshot: Snapshot) => void, fail: (error: Error) => void) => () => void;

export const listenToDocument = (reference: DocumentReference): Listener<DocumentSnapshot> =>
  listenTo((next, fail) => reference.onSnapshot(next, fail));

export const listenToQuery = (query: Query): Listener<QuerySnapshot> =>
  listenTo((next, fail) => query.onSnapshot(next, fail));

function listenTo<Snapshot>(subscribe: Subscribe<Snapshot>): Listener<Snapshot> {
  const snapshots: Snapshot[] = [];
  const failures: Error[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of [...waiting]) check();
  };
  const stop = subscribe(
    snapshot => {
      snapshots.push(snapshot);
      wake();
    },
    error => {
      failures.push(error);
      wake();
    },
  );
  stops.push(stop);
  return {
    snapshots,
    stop,
    until: condition =>
      new Promise((resolve, reject) => {
        const check = () => {
          const found = snapshots.find(condition);
          if (!found && failures.length === 0) return;
          waiting.delete(check);
          if (found) resolve(found);
          else reject(failures[0]);
        };
        waiting.add(check);
        check();
      }),
  };
}

/** Returns the changes in a snapshot: "added a -1>0" is a new document at the first place. */
export const changesIn = (snapshot: QuerySnapshot): string[] =>
  snapshot
    .docChanges()
    .map(({ type, doc, oldIndex, newIndex }) => `${type} ${doc.id} ${oldIndex}>${newIndex}`);

export const idsIn = (snapshot: QuerySnapshot): string => snapshot.docs.map(({ id }) => id).join(" ");
