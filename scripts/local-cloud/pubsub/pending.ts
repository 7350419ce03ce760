import type { Entry } from "./ordering-key-queue.ts";

/** What is not acknowledged, oldest first. */
export interface Pending {
  count(): number;
  add(entry: Entry): void;
  /** One of them has become acked or gone. */
  leave(): void;
  /** It had left, and is ready again. */
  comeBack(entry: Entry): void;
  /** Who leaves while it goes on is left out. */
  [Symbol.iterator](): IterableIterator<Entry>;
  /** The oldest ready one without a lane that was never asked for before. */
  nextNew(): Entry | undefined;
  clear(): void;
}

/** So many places of those who have left are not worth tidying up; each may hold 64 KiB, in which its message lies. */
const FEW = 100;

/**
 * A plain list, with the places of those who have left until they are more than the others: to have a place in a Map
 * and in a Set costs more than everything else that is done with a message until somebody takes it.
 */
export function createPending(): Pending {
  let places: (Entry | undefined)[] = [];
  let first = 0;
  let unseen = 0;
  let count = 0;

  function passThoseWhoLeft(): void {
    for (; first < places.length; first += 1) {
      const entry = places[first];
      if (!entry) continue;
      if (!hasLeft(entry)) return;
      entry.hasPlace = false;
      places[first] = undefined;
    }
  }

  function tidy(): void {
    const seen = places.slice(first, Math.max(first, unseen)).filter(isHere).length;
    for (const entry of places) if (entry) entry.hasPlace = isHere(entry);
    places = places.slice(first).filter(isHere);
    first = 0;
    unseen = seen;
  }

  return {
    count: () => count,
    add(entry) {
      places.push(entry);
      count += 1;
    },
    leave() {
      count -= 1;
      passThoseWhoLeft();
      if (places.length > 2 * count + FEW) tidy();
    },
    comeBack(entry) {
      count += 1;
      if (entry.hasPlace) return;
      entry.hasPlace = true;
      places.push(entry);
    },
    *[Symbol.iterator]() {
      // The list as it is now: when many leave meanwhile, it is tidied up.
      const now = places;
      for (let place = first; place < now.length; place += 1) {
        const entry = now[place];
        if (isHere(entry)) yield entry;
      }
    },
    nextNew() {
      while (unseen < places.length) {
        const entry = places[unseen];
        unseen += 1;
        if (entry?.state === "ready" && !entry.lane) return entry;
      }
      return undefined;
    },
    clear() {
      places = [];
      first = 0;
      unseen = 0;
      count = 0;
    },
  };
}

function hasLeft({ state }: Entry): boolean {
  return state === "acked" || state === "gone";
}

function isHere(entry: Entry | undefined): entry is Entry {
  return entry !== undefined && !hasLeft(entry);
}
