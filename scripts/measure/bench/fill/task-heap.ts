import type { Task } from "../../../../shared/google/tasks.ts";

/** Tasks by due time; the first added one of two with the same time comes first. */
export class TaskHeap {
  /** A binary heap: the children of `n` are `2n + 1` and `2n + 2`. */
  readonly #heap: { task: Task; number: number }[] = [];
  #added = 0;

  /** The next task; undefined when none waits. */
  get first(): Task | undefined {
    return this.#heap[0]?.task;
  }

  add(task: Task): void {
    this.#heap.push({ task, number: this.#added });
    this.#added += 1;
    let at = this.#heap.length - 1;
    while (at > 0 && this.#isBefore(at, parentOf(at))) {
      this.#swap(at, parentOf(at));
      at = parentOf(at);
    }
  }

  /** Removes and returns the next task. */
  removeFirst(): Task | undefined {
    this.#swap(0, this.#heap.length - 1);
    const removed = this.#heap.pop()?.task;
    let at = 0;
    for (;;) {
      const child = this.#isBefore(2 * at + 2, 2 * at + 1) ? 2 * at + 2 : 2 * at + 1;
      if (!this.#isBefore(child, at)) return removed;
      this.#swap(at, child);
      at = child;
    }
  }

  #isBefore(left: number, right: number): boolean {
    const [a, b] = [this.#heap[left], this.#heap[right]];
    if (!a || !b) return false;
    return a.task.dueMs < b.task.dueMs || (a.task.dueMs === b.task.dueMs && a.number < b.number);
  }

  #swap(left: number, right: number): void {
    const [a, b] = [this.#heap[left], this.#heap[right]];
    if (a && b) [this.#heap[left], this.#heap[right]] = [b, a];
  }
}

function parentOf(at: number): number {
  return (at - 1) >> 1;
}
