/** Items that wait for their time, soonest first. Items of one instant keep the order in which they were added. */
export interface DueQueue {
  /** @returns the function that removes the item; without effect once the item has left the queue */
  add(dueMs: number, run: () => void): () => void;
  /** Removes and returns the soonest item that is due at or before `untilMs`. */
  takeDue(untilMs: number): (() => void) | undefined;
  nextDueMs(): number | undefined;
  clear(): void;
}

interface Item {
  dueMs: number;
  sequence: number;
  run: () => void;
}

/**
 * Creates an empty queue. The items are a sorted array: a binary search finds the place, and moving the rest is
 * one memory copy. Up to some hundred thousand items a heap's comparisons cost more. Removing one item is exact.
 */
export function createDueQueue(): DueQueue {
  let items: Item[] = [];
  let sequence = 0;

  function placeOf(item: Item): number {
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = items[middle];
      if (other && comesBefore(other, item)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    add(dueMs, run) {
      sequence += 1;
      const item = { dueMs, sequence, run };
      items.splice(placeOf(item), 0, item);
      return () => {
        const place = placeOf(item);
        if (items[place] === item) items.splice(place, 1);
      };
    },
    takeDue(untilMs) {
      const first = items[0];
      if (first === undefined || first.dueMs > untilMs) return undefined;
      items.shift();
      return first.run;
    },
    nextDueMs: () => items[0]?.dueMs,
    clear() {
      items = [];
    },
  };
}

function comesBefore(a: Item, b: Item): boolean {
  return a.dueMs === b.dueMs ? a.sequence < b.sequence : a.dueMs < b.dueMs;
}
