/**
 * Explores every state a protocol can get into, breadth first, so that what is found is found by a shortest way.
 * States are plain data; two of the same JSON are one state.
 */
export interface Model<S> {
  name: string;
  initial: S;
  steps(state: S): Step<S>[];
  /** What holds in every state. */
  always: readonly { name: string; holds(state: S): boolean }[];
  /** What holds between a state and the next. */
  eachStep: readonly { name: string; holds(from: S, to: S): boolean }[];
  /** What can be reached from every state, however it came about, by steps of these kinds alone. */
  reaches: readonly { name: string; by: readonly StepKind[]; goal(state: S): boolean }[];
}

/**
 * progress: what happens by itself when nothing goes wrong; trouble: a crash, a lost answer, a duplicate, an
 * error; person: what somebody may do and may leave undone.
 */
export type StepKind = "progress" | "trouble" | "person";

export interface Step<S> {
  name: string;
  kind: StepKind;
  to: S;
}

export interface Violation {
  property: string;
  /** The steps that lead there from the beginning. */
  trace: readonly string[];
  /** The state that is wrong, or from which the goal is out of reach. */
  state: string;
}

export interface Explored {
  states: number;
  steps: number;
  violations: readonly Violation[];
  /** False: there were more states than asked for, and nothing is known of the rest. */
  complete: boolean;
}

interface Graph<S> {
  model: Model<S>;
  ids: Map<string, number>;
  keys: string[];
  parents: number[];
  from: number[];
  to: number[];
  kinds: StepKind[];
  /** By property: the first state that breaks it. */
  broken: Map<string, number>;
  /** One per goal: the states that are one. A broken state counts as one, so that it is reported once. */
  goals: boolean[][];
}

/** @param options.until stop as soon as this property is broken. */
export function explore<S>(model: Model<S>, options: { maxStates: number; until?: string }): Explored {
  const graph = expand(model, options);
  const complete = graph.keys.length <= options.maxStates;
  const stopped = options.until !== undefined && graph.broken.has(options.until);
  if (complete && !stopped) model.reaches.forEach((_, index) => markUnreachable(graph, index));
  return {
    states: graph.keys.length,
    steps: graph.to.length,
    violations: [...graph.broken].map(([property, id]) => ({
      property,
      trace: traceTo(graph, id),
      state: graph.keys[id] ?? "",
    })),
    complete,
  };
}

function expand<S>(model: Model<S>, { maxStates, until }: { maxStates: number; until?: string }): Graph<S> {
  const graph: Graph<S> = {
    model,
    ids: new Map(),
    keys: [],
    parents: [],
    from: [],
    to: [],
    kinds: [],
    broken: new Map(),
    goals: model.reaches.map(() => []),
  };
  let level = [{ id: add(graph, JSON.stringify(model.initial), -1), state: model.initial }];
  while (level.length > 0 && graph.keys.length <= maxStates) {
    const next: typeof level = [];
    for (const { id, state } of level) {
      if (!judge(graph, id, state)) continue;
      for (const step of model.steps(state)) {
        const known = graph.keys.length;
        const reached = add(graph, JSON.stringify(step.to), id);
        if (reached === known) next.push({ id: reached, state: step.to });
        graph.from.push(id);
        graph.to.push(reached);
        graph.kinds.push(step.kind);
        const wrong = model.eachStep.find(property => !property.holds(state, step.to));
        if (wrong && !graph.broken.has(wrong.name)) graph.broken.set(wrong.name, reached);
      }
    }
    if (until !== undefined && graph.broken.has(until)) break;
    level = next;
  }
  return graph;
}

function add<S>(graph: Graph<S>, key: string, parent: number): number {
  const known = graph.ids.get(key);
  if (known !== undefined) return known;
  const id = graph.keys.length;
  graph.ids.set(key, id);
  graph.keys.push(key);
  graph.parents.push(parent);
  return id;
}

/** Notes what a state is. Answers whether it is worth going on from there. */
function judge<S>({ model, broken, goals }: Graph<S>, id: number, state: S): boolean {
  const wrong = model.always.find(property => !property.holds(state));
  if (wrong && !broken.has(wrong.name)) broken.set(wrong.name, id);
  model.reaches.forEach(({ goal }, index) => {
    const reached = goals[index];
    if (reached) reached[id] = wrong !== undefined || goal(state);
  });
  return wrong === undefined;
}

/** Walks back from the goals; what is not met on the way can reach none of them. */
function markUnreachable<S>(graph: Graph<S>, index: number): void {
  const property = graph.model.reaches[index];
  if (!property) return;
  const before = predecessors(graph, property.by);
  const reaching = graph.keys.map((_, id) => graph.goals[index]?.[id] ?? false);
  const open = reaching.flatMap((isGoal, id) => (isGoal ? [id] : []));
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (let edge = before.start[id] ?? 0; edge < (before.start[id + 1] ?? 0); edge += 1) {
      const earlier = before.states[edge] ?? 0;
      if (reaching[earlier]) continue;
      reaching[earlier] = true;
      open.push(earlier);
    }
  }
  const lost = reaching.indexOf(false);
  if (lost >= 0) graph.broken.set(property.name, lost);
}

/** For each state, those one step of these kinds before it: `states` from `start[id]` to `start[id + 1]`. */
function predecessors<S>({ keys, from, to, kinds }: Graph<S>, by: readonly StepKind[]) {
  const start = new Int32Array(keys.length + 1);
  const counts = (edge: number): boolean => by.includes(kinds[edge] ?? "trouble");
  to.forEach((state, edge) => {
    if (counts(edge)) start[state + 1] = (start[state + 1] ?? 0) + 1;
  });
  for (let id = 0; id < keys.length; id += 1) start[id + 1] = (start[id + 1] ?? 0) + (start[id] ?? 0);
  const states = new Int32Array(start[keys.length] ?? 0);
  const free = start.slice();
  to.forEach((state, edge) => {
    if (!counts(edge)) return;
    const place = free[state] ?? 0;
    states[place] = from[edge] ?? 0;
    free[state] = place + 1;
  });
  return { start, states };
}

/** States are forgotten once they were expanded; the way to one is walked again, by its keys. */
function traceTo<S>({ model, parents, keys }: Graph<S>, target: number): string[] {
  const way: number[] = [];
  for (let id = target; id > 0; id = parents[id] ?? 0) way.unshift(id);
  const names: string[] = [];
  let state = model.initial;
  for (const id of way) {
    const step = model.steps(state).find(({ to }) => JSON.stringify(to) === keys[id]);
    if (!step) throw new Error("The model's steps differ from run to run: they must depend on the state alone.");
    names.push(step.name);
    state = step.to;
  }
  return names;
}
