import type { Entry } from "./ordering-key-queue.ts";

/** Empty places that the list keeps before it is compacted. Each place may hold 64 KiB, the slab of its message. */
const EMPTY_PLACES = 100;

/**
 * The unacknowledged messages of a subscription, oldest first. The list is an array in which entries that left keep
 * their places until these outnumber the others. A Map and a Set would cost more per message than all other work
 * before its delivery.
 */
export class Pending {
  #places: (Entry | undefined)[] = [];
  /** Index of the first place that may be in use. */
  #first = 0;
  /** Index of the first place that `nextNew` has not looked at. */
  #unseen = 0;
  #count = 0;

  count(): number {
    return this.#count;
  }

  add(entry: Entry): void {
    this.#places.push(entry);
    this.#count += 1;
  }

  /** Counts one entry less. The caller has set the entry's state to acked or gone. */
  leave(): void {
    this.#count -= 1;
    this.#advanceFirst();
    if (this.#places.length > 2 * this.#count + EMPTY_PLACES) this.#compact();
  }

  /** Counts an entry that had left and is ready again. */
  comeBack(entry: Entry): void {
    this.#count += 1;
    if (entry.hasPlace) return;
    entry.hasPlace = true;
    this.#places.push(entry);
  }

  /** Iterates over the entries; an entry that leaves meanwhile is left out. */
  *[Symbol.iterator](): IterableIterator<Entry> {
    // The array of this moment: the list is compacted when many entries leave meanwhile.
    const now = this.#places;
    for (let place = this.#first; place < now.length; place += 1) {
      const entry = now[place];
      if (isPending(entry)) yield entry;
    }
  }

  /** Returns the oldest ready entry without a key queue that was never returned before. */
  nextNew(): Entry | undefined {
    while (this.#unseen < this.#places.length) {
      const entry = this.#places[this.#unseen];
      this.#unseen += 1;
      if (entry?.state === "ready" && !entry.queue) return entry;
    }
    return undefined;
  }

  clear(): void {
    this.#places = [];
    this.#first = 0;
    this.#unseen = 0;
    this.#count = 0;
  }

  /** Frees the places of the entries at the beginning that have left. */
  #advanceFirst(): void {
    const places = this.#places;
    for (; this.#first < places.length; this.#first += 1) {
      const entry = places[this.#first];
      if (!entry) continue;
      if (!hasLeft(entry)) return;
      entry.hasPlace = false;
      places[this.#first] = undefined;
    }
  }

  #compact(): void {
    const places = this.#places;
    const seen = places.slice(this.#first, Math.max(this.#first, this.#unseen)).filter(isPending).length;
    for (const entry of places) if (entry) entry.hasPlace = isPending(entry);
    this.#places = places.slice(this.#first).filter(isPending);
    this.#first = 0;
    this.#unseen = seen;
  }
}

function hasLeft({ state }: Entry): boolean {
  return state === "acked" || state === "gone";
}

function isPending(entry: Entry | undefined): entry is Entry {
  return entry !== undefined && !hasLeft(entry);
}
