import { stepsOf } from "./handler.ts";
import { propertiesOf } from "./properties.ts";
import type { Model, Step } from "./search.ts";
import type { Setting } from "./setting.ts";
import { stepsAround } from "./surroundings.ts";
import type { Handler, Point, World } from "./world.ts";
import { initialWorld } from "./world.ts";

/** Builds the model of the ledger and its lanes under one setting. */
export function ledgerModel(setting: Setting): Model<World> {
  return {
    name: setting.name,
    initial: initialWorld(setting),
    steps: world => {
      const own = world.handlers.flatMap(handler => stepsOf(world, setting, handler));
      const steps = [...stepsAround(world, setting), ...own.flatMap(step => withPosting(step, setting))];
      return setting.may.includes("only fail") ? steps.filter(({ kind }) => kind !== "trouble") : steps;
    },
    ...propertiesOf(setting),
  };
}

/**
 * Points that join the step before them, which saves most of the states.
 * A task that is posted late equals a task that is called late, and late calls are modelled anyway.
 */
const POSTING: readonly Point[] = ["post the release", "post the drain", "continue the drain"];

/** Joins a step with the posting points behind it, the crash at such a point included. */
function withPosting(step: Step<World>, setting: Setting): Step<World>[] {
  const posting = step.to.handlers.find(isPosting);
  if (!posting) return [step];
  return stepsOf(step.to, setting, posting).flatMap(next => {
    const name = `${step.name}, ${next.name.slice(next.name.indexOf("]") + 2)}`;
    const kind = next.kind === "progress" ? step.kind : next.kind;
    return withPosting({ name, kind, to: next.to }, setting);
  });
}

function isPosting({ todo: [point] }: Handler): boolean {
  return point !== undefined && POSTING.includes(point);
}
