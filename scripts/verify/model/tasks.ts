import type { Setting } from "./setting.ts";
import { isOff } from "./setting.ts";
import type { Drain, Handler, World } from "./world.ts";
import { drainName, ledgerIdOf, partOf, withEvent } from "./world.ts";

/** Returns the world with a release in the task queue, fenced by the n of the event. */
export function withRelease(world: World, event: number, n: number): World {
  const { releases } = partOf(world, event);
  return releases.includes(n) ? world : withEvent(world, event, { releases: [...releases, n].sort() });
}

/** Returns the world with a drain in the task queue. Cloud Tasks rejects a used name, without any consequence. */
export function withDrain(world: World, setting: Setting, { left, n }: Drain): World {
  if (setting.may.includes("lose tasks")) return world;
  const lane = setting.keys[left] ?? 0;
  if (!setting.namesDrains) return withDrainTask(world, drainName(lane, "any"));
  const isNamed = !isOff(setting, "a drain is named by the event that left");
  const name = drainName(lane, isNamed ? `${ledgerIdOf(left)} ${n}` : "drain");
  if (world.usedNames.includes(name)) return world;
  // The model forgets names of a lower n; Cloud Tasks forgets names after an hour.
  const used = world.usedNames.filter(
    other => !isNamed || !other.includes(` ${ledgerIdOf(left)} `) || Number(other.split(" ").at(-1)) >= n,
  );
  return withDrainTask({ ...world, usedNames: [...used, name].sort() }, name);
}

export function withDrainTask(world: World, name: string): World {
  if (world.drainTasks.includes(name)) return world;
  return { ...world, drainTasks: [...world.drainTasks, name].sort() };
}

/** Returns the world after a handler's success: its message is acknowledged or its task is deleted. */
export function acknowledged(world: World, { does, event, n, task }: Handler): World {
  if (does === "relay by the sweep") return world;
  if (does === "drain") return { ...world, drainTasks: world.drainTasks.filter(name => name !== task) };
  const { message, releases } = partOf(world, event);
  if (does === "release") return withEvent(world, event, { releases: releases.filter(other => other !== n) });
  const isIts = message === (does === "delivery" ? "live" : "dead");
  return isIts ? withEvent(world, event, { message: "acked" }) : world;
}
