/** The time since which an order's revisions state the same. The order of arrival and repeated facts play no part. */

/** Revisions without a gap that state the same. */
interface StateRun {
  from: number;
  to: number;
  /** Time of the first revision. */
  at_ms: number;
}

/** The known part of the time since which the state of the highest revision stands. */
export interface StateTime {
  /** The highest known revision with another state. 0: none. A revision below it states nothing about the time. */
  other_revision: number;
  /** The known revisions after `other_revision`, the lowest first: one run, and one more for each missing revision. */
  runs: StateRun[];
}

/** The state that one revision gives. */
export interface RevisionState {
  revision: number;
  state: string;
  at_ms: number;
}

/** The highest known revision, its state, and the known revisions that state the same. */
export interface KnownState {
  revision: number;
  state: string;
  time: StateTime;
}

/**
 * Adds what a revision states to what is known about the time of the state.
 * @returns the passed object when the revision changes nothing
 */
export function stateTimeAfter({ revision, state, time }: KnownState, fact: RevisionState): StateTime {
  const { other_revision, runs } = time;
  const run = { from: fact.revision, to: fact.revision, at_ms: fact.at_ms };
  const isSame = fact.state === state;
  if (fact.revision > revision)
    return isSame ? { ...time, runs: joined([...runs, run]) } : { other_revision: revision, runs: [run] };
  const isKnown = runs.some(({ from, to }) => from <= fact.revision && fact.revision <= to);
  if (isKnown || fact.revision <= other_revision) return time;
  if (isSame) return { ...time, runs: joined([...runs, run]) };
  return { other_revision: fact.revision, runs: runs.filter(({ from }) => from > fact.revision) };
}

/** Joins runs without a gap between them. */
function joined(runs: readonly StateRun[]): StateRun[] {
  const all: StateRun[] = [];
  for (const run of runs.toSorted((a, b) => a.from - b.from)) {
    const before = all.at(-1);
    if (before && before.to + 1 === run.from) all[all.length - 1] = { ...before, to: run.to };
    else all.push(run);
  }
  return all;
}
