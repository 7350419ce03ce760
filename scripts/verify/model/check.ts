import type { Explored, Model } from "./search.ts";
import { explore } from "./search.ts";

/** One model with the expected result: every property holds, or one certain property is broken. */
export interface Check {
  name: string;
  /** The property that the search must find broken: the model lacks its guard. Absent: all must hold. */
  finds?: string;
  /** True: the model is small enough for every run of the tests. */
  isQuick: boolean;
  explore(): Explored;
}

/**
 * The most states of one model. At half a kilobyte per state the search needs far less than a gigabyte.
 * A larger model needs a smaller setting.
 */
const MAX_STATES = 400_000;
/** The same for the models that every test run explores. */
const MAX_QUICK_STATES = 30_000;

/** Declares a model in which every property must hold. */
export function holds<S extends object>(model: Model<S>, { isQuick = false } = {}): Check {
  const maxStates = isQuick ? MAX_QUICK_STATES : MAX_STATES;
  return { name: model.name, isQuick, explore: () => explore(model, { maxStates }) };
}

/**
 * Declares a model without one guard, in which a property must be found broken.
 * A search that cannot find a planted fault proves nothing. Only this property is checked.
 */
export function finds<S extends object>(property: string, model: Model<S>): Check {
  const isNamed = ({ name }: { name: string }) => name === property;
  const narrowed = {
    ...model,
    always: model.always.filter(isNamed),
    eachStep: model.eachStep.filter(isNamed),
    reaches: model.reaches.filter(isNamed),
  };
  return {
    name: model.name,
    finds: property,
    isQuick: true,
    explore: () => explore(narrowed, { maxStates: MAX_QUICK_STATES, until: property }),
  };
}

/**
 * Compares what a search found with what was expected.
 * @returns the fault in words; undefined when the result is the expected one
 */
export function faultOf(check: Check, { states, violations, complete }: Explored): string | undefined {
  const broken = violations.map(({ property }) => property);
  if (check.finds !== undefined) {
    return broken.includes(check.finds) ? undefined : `does not find that "${check.finds}" is broken`;
  }
  if (broken.length > 0) return `breaks: ${broken.join("; ")}`;
  return complete
    ? undefined
    : `has more than ${states - 1} states: reduce the setting, or find the value that grows without limit`;
}
