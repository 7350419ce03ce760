import type { Task } from "../../../../shared/google/tasks.ts";

/** Tasks by the time they are due; of two of one time, the one that came first. */
export function createTaskHeap() {
  const heap: { task: Task; number: number }[] = [];
  let added = 0;
  const isBefore = (left: number, right: number): boolean => {
    const [a, b] = [heap[left], heap[right]];
    if (!a || !b) return false;
    return a.task.dueMs < b.task.dueMs || (a.task.dueMs === b.task.dueMs && a.number < b.number);
  };
  const swap = (left: number, right: number): void => {
    const [a, b] = [heap[left], heap[right]];
    if (a && b) [heap[left], heap[right]] = [b, a];
  };
  return {
    first: (): Task | undefined => heap[0]?.task,
    add(task: Task): void {
      heap.push({ task, number: added });
      added += 1;
      let at = heap.length - 1;
      while (at > 0 && isBefore(at, (at - 1) >> 1)) {
        swap(at, (at - 1) >> 1);
        at = (at - 1) >> 1;
      }
    },
    take(): Task | undefined {
      swap(0, heap.length - 1);
      const taken = heap.pop()?.task;
      let at = 0;
      for (;;) {
        const child = isBefore(2 * at + 2, 2 * at + 1) ? 2 * at + 2 : 2 * at + 1;
        if (!isBefore(child, at)) return taken;
        swap(at, child);
        at = child;
      }
    },
  };
}
