import type { Edges, StepKind } from "./reach.ts";
import { firstThatCannotReach } from "./reach.ts";
import { createStateKeys } from "./state-key.ts";

/**
 * A protocol as a state machine. The search explores every reachable state.
 * States are immutable plain data; two states with equal content are one state.
 */
export interface Model<S extends object> {
  name: string;
  initial: S;
  steps(state: S): Step<S>[];
  /** Invariants: each holds in every state. */
  always: readonly { name: string; holds(state: S): boolean }[];
  /** Properties of one step: each holds between a state and the next one. */
  eachStep: readonly { name: string; holds(from: S, to: S): boolean }[];
  /** Goals: each is reachable from every state, by steps of these kinds alone. */
  reaches: readonly { name: string; by: readonly StepKind[]; goal(state: S): boolean }[];
}

export interface Step<S> {
  name: string;
  kind: StepKind;
  to: S;
}

export interface Violation {
  property: string;
  /** The shortest list of steps from the initial state. */
  trace: readonly string[];
  /** The wrong state, the state before a wrong step, or a state from which the goal is unreachable. */
  state: object;
}

export interface Explored {
  states: number;
  steps: number;
  violations: readonly Violation[];
  /** False: the model has more states than the limit; the rest was not explored. */
  complete: boolean;
}

interface Graph<S extends object> {
  model: Model<S>;
  keyOf(state: S): string;
  ids: Map<string, number>;
  /** The id of the state from which each state was found first, by its own id. */
  parents: number[];
  edges: Edges;
  /** The first violation of each property: the broken state, or the state before the broken step. */
  broken: Map<string, { id: number; step?: string }>;
  /** Goal states, one list per goal. A broken state counts as a goal state, so it is reported only once. */
  goals: boolean[][];
}

type Known<S> = { id: number; state: S };

/**
 * Explores a model breadth first, so the trace of each violation is a shortest one.
 * @param options.until the search stops as soon as this property is broken
 */
export function explore<S extends object>(
  model: Model<S>,
  options: { maxStates: number; until?: string },
): Explored {
  const graph = expand(model, options);
  const complete = graph.ids.size <= options.maxStates;
  const stopped = options.until !== undefined && graph.broken.has(options.until);
  if (complete && !stopped) seekGoals(graph);
  return {
    states: graph.ids.size,
    steps: graph.edges.to.length,
    violations: [...graph.broken].map(([property, { id, step }]) => {
      const { names, state } = walkTo(graph, id);
      return { property, trace: step === undefined ? names : [...names, step], state };
    }),
    complete,
  };
}

function expand<S extends object>(
  model: Model<S>,
  { maxStates, until }: { maxStates: number; until?: string },
): Graph<S> {
  const graph: Graph<S> = {
    model,
    keyOf: createStateKeys(),
    ids: new Map([]),
    parents: [],
    edges: { from: [], to: [], kinds: [] },
    broken: new Map(),
    goals: model.reaches.map(() => []),
  };
  let level = [{ id: idOf(graph, model.initial, -1), state: model.initial }];
  while (level.length > 0 && graph.ids.size <= maxStates) {
    const sound = level.filter(known => judgeState(graph, known));
    level = sound.flatMap(known => follow(graph, known));
    if (until !== undefined && graph.broken.has(until)) break;
  }
  return graph;
}

/**
 * Takes every step from a state.
 * @returns the states that were not known before
 */
function follow<S extends object>(graph: Graph<S>, { id, state }: Known<S>): Known<S>[] {
  const { model, ids, edges, broken } = graph;
  const found: Known<S>[] = [];
  for (const { name, kind, to } of stepsFrom(graph, { id, state })) {
    const known = ids.size;
    const reached = idOf(graph, to, id);
    if (reached === known) found.push({ id: reached, state: to });
    edges.from.push(id);
    edges.to.push(reached);
    edges.kinds.push(kind);
    const wrong = model.eachStep.find(property => !property.holds(state, to));
    if (wrong && !broken.has(wrong.name)) broken.set(wrong.name, { id, step: name });
  }
  return found;
}

/** Returns the steps of a state. A step that throws, as `checkMove` does, is a violation of its own. */
function stepsFrom<S extends object>({ model, broken }: Graph<S>, { id, state }: Known<S>): Step<S>[] {
  try {
    return model.steps(state);
  } catch (error) {
    const name = `no step throws (${error})`;
    if (!broken.has(name)) broken.set(name, { id });
    return [];
  }
}

function idOf<S extends object>({ ids, parents, keyOf }: Graph<S>, state: S, parent: number): number {
  const key = keyOf(state);
  const known = ids.get(key);
  if (known !== undefined) return known;
  const id = ids.size;
  ids.set(key, id);
  parents.push(parent);
  return id;
}

/**
 * Records whether a state breaks an invariant and which goals the state reaches.
 * @returns false for a broken state; the search does not continue from there
 */
function judgeState<S extends object>({ model, broken, goals }: Graph<S>, { id, state }: Known<S>): boolean {
  const wrong = model.always.find(property => !property.holds(state));
  if (wrong && !broken.has(wrong.name)) broken.set(wrong.name, { id });
  for (const [index, { goal }] of model.reaches.entries()) {
    const reached = goals[index];
    if (reached) reached[id] = wrong !== undefined || goal(state);
  }
  return wrong === undefined;
}

function seekGoals<S extends object>({ model, ids, edges, goals, broken }: Graph<S>): void {
  for (const [index, { name, by }] of model.reaches.entries()) {
    const isGoal = (id: number): boolean => goals[index]?.[id] ?? false;
    const id = firstThatCannotReach(isGoal, { states: ids.size, edges, by });
    if (id !== undefined) broken.set(name, { id });
  }
}

/** Walks again from the initial state to one state: expanded states are not kept in memory. */
function walkTo<S extends object>({ model, parents, ids, keyOf }: Graph<S>, target: number) {
  const way: number[] = [];
  for (let id = target; id > 0; id = parents[id] ?? 0) way.unshift(id);
  const names: string[] = [];
  let state = model.initial;
  for (const id of way) {
    const step = model.steps(state).find(({ to }) => ids.get(keyOf(to)) === id);
    if (!step)
      throw new Error(
        `Model "${model.name}" not deterministic: expected the same steps from equal states, got others. Let the steps depend on the state alone.`,
      );
    names.push(step.name);
    state = step.to;
  }
  return { names, state };
}
