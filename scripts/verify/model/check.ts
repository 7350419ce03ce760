import type { Explored, Model } from "./search.ts";
import { explore } from "./search.ts";

/** One model to be explored: either nothing is to be found in it, or one certain thing, on purpose. */
export interface Check {
  name: string;
  /** The property that must be found broken, because the model lacks the guard for it. */
  finds?: string;
  /** Small enough for every run of the tests. */
  isQuick: boolean;
  explore(): Explored;
}

/** With half a kilobyte a state this stays far below a gigabyte; a model that needs more must be asked for less. */
const MAX_STATES = 400_000;
const MAX_QUICK_STATES = 30_000;

/** A model in which everything is to hold. */
export function holds<S extends object>(model: Model<S>, { isQuick = false } = {}): Check {
  const maxStates = isQuick ? MAX_QUICK_STATES : MAX_STATES;
  return { name: model.name, isQuick, explore: () => explore(model, { maxStates }) };
}

/**
 * A model without one of its guards, in which a property must be found broken: a search that finds nothing proves
 * nothing. Only this property is looked at.
 */
export function finds<S extends object>(property: string, model: Model<S>): Check {
  const named = ({ name }: { name: string }) => name === property;
  const asked = {
    ...model,
    always: model.always.filter(named),
    eachStep: model.eachStep.filter(named),
    reaches: model.reaches.filter(named),
  };
  return {
    name: model.name,
    finds: property,
    isQuick: true,
    explore: () => explore(asked, { maxStates: MAX_QUICK_STATES, until: property }),
  };
}

/** What is wrong with the outcome of a check, in a sentence; undefined when it is as it should be. */
export function faultOf(check: Check, { states, violations, complete }: Explored): string | undefined {
  const broken = violations.map(({ property }) => property);
  if (check.finds !== undefined) {
    return broken.includes(check.finds) ? undefined : `does not find that "${check.finds}" is broken`;
  }
  if (broken.length > 0) return `breaks: ${broken.join("; ")}`;
  return complete
    ? undefined
    : `has more than ${states - 1} states: it was to be smaller, or something grows for ever`;
}
