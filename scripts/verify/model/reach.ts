/**
 * The kind of a step.
 * - `progress`: happens automatically when nothing fails.
 * - `failure`: the reaction's own code throws.
 * - `trouble`: a crash, a lost answer, a duplicate.
 * - `operator`: an act of an operator, which may be left undone.
 */
export type StepKind = "progress" | "failure" | "trouble" | "operator";

/** All steps between numbered states, one per index. */
export interface Edges {
  from: number[];
  to: number[];
  kinds: StepKind[];
}

/**
 * Walks backwards from the goal states, along steps of the given kinds.
 * @returns the first state that the walk does not visit: no goal is reachable from there
 */
export function firstThatCannotReach(
  isGoal: (id: number) => boolean,
  { states, edges, by }: { states: number; edges: Edges; by: readonly StepKind[] },
): number | undefined {
  const before = predecessors({ states, edges, by });
  const reaching = Array.from({ length: states }, (_, id) => isGoal(id));
  const open = reaching.flatMap((isOne, id) => (isOne ? [id] : []));
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const earlier of before(id)) {
      if (reaching[earlier]) continue;
      reaching[earlier] = true;
      open.push(earlier);
    }
  }
  const lost = reaching.indexOf(false);
  return lost < 0 ? undefined : lost;
}

/** Returns the states one step before another. One list, sorted by target, holds them: there are millions. */
function predecessors({
  states,
  edges: { from, to, kinds },
  by,
}: {
  states: number;
  edges: Edges;
  by: readonly StepKind[];
}): (id: number) => Int32Array {
  const counts = (edge: number): boolean => by.includes(kinds[edge] ?? "trouble");
  const ends = new Int32Array(states + 1);
  for (const [edge, id] of to.entries()) if (counts(edge)) ends[id + 1] = (ends[id + 1] ?? 0) + 1;
  for (let id = 0; id < states; id += 1) ends[id + 1] = (ends[id + 1] ?? 0) + (ends[id] ?? 0);
  const list = new Int32Array(ends[states] ?? 0);
  const next = ends.slice();
  for (const [edge, id] of to.entries()) {
    if (!counts(edge)) continue;
    const place = next[id] ?? 0;
    list[place] = from[edge] ?? 0;
    next[id] = place + 1;
  }
  return id => list.subarray(ends[id], ends[id + 1]);
}
