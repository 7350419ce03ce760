import { stepsOf } from "./handler.ts";
import { propertiesOf } from "./properties.ts";
import type { Model, Step } from "./search.ts";
import { stepsAround } from "./surroundings.ts";
import type { Handler, Point, Setting, World } from "./world.ts";
import { firstWorld } from "./world.ts";

/** The ledger's protocol under one setting. */
export function ledgerModel(setting: Setting): Model<World> {
  return {
    name: setting.name,
    initial: firstWorld(setting),
    steps: world => {
      const own = world.handlers.flatMap(handler => stepsOf(world, setting, handler));
      const steps = [...stepsAround(world, setting), ...own.flatMap(step => atOnce(step, setting))];
      return setting.may.includes("only fail") ? steps.filter(({ kind }) => kind !== "trouble") : steps;
    },
    ...propertiesOf(setting),
  };
}

/**
 * A task that is posted late is the same as one that comes late, and may do so anyway. So what happens at these
 * points, dying included, is taken together with the step before, which saves most of the states.
 */
const POSTING: readonly Point[] = ["post the release", "post the drain", "go on"];

function atOnce(step: Step<World>, setting: Setting): Step<World>[] {
  const posting = step.to.handlers.find(isPosting);
  if (!posting) return [step];
  return stepsOf(step.to, setting, posting).flatMap(next => {
    const name = `${step.name}, ${next.name.slice(next.name.indexOf("]") + 2)}`;
    const kind = next.kind === "progress" ? step.kind : next.kind;
    return atOnce({ name, kind, to: next.to }, setting);
  });
}

function isPosting({ todo: [point] }: Handler): boolean {
  return point !== undefined && POSTING.includes(point);
}
