import { isOff } from "./transactions.ts";
import type { Handler, Setting, Wakes, World } from "./world.ts";
import { drainName, ledgerIdOf, partOf, withEvent } from "./world.ts";

/** A release in the queue of tasks: of this event, fenced by this n. */
export function posted(world: World, of: number, n: number): World {
  const { releases } = partOf(world, of);
  return releases.includes(n) ? world : withEvent(world, of, { releases: [...releases, n].sort() });
}

/** A task whose name was used is swallowed, and nobody hears of it. */
export function withDrain(world: World, setting: Setting, { left, n }: Wakes): World {
  if (setting.may.includes("lose tasks")) return world;
  const lane = setting.keys[left] ?? 0;
  if (!setting.namesDrains) return withTask(world, drainName(lane, "any"));
  const isNamed = !isOff(setting, "a drain is named by who left");
  const name = drainName(lane, isNamed ? `${ledgerIdOf(left)} ${n}` : "drain");
  if (world.usedNames.includes(name)) return world;
  // Names of a lower n are forgotten. Cloud Tasks does so, too, after an hour.
  const used = world.usedNames.filter(
    other => !isNamed || !other.includes(` ${ledgerIdOf(left)} `) || Number(other.split(" ").at(-1)) >= n,
  );
  return withTask({ ...world, usedNames: [...used, name].sort() }, name);
}

export function withTask(world: World, drain: string): World {
  return world.drains.includes(drain) ? world : { ...world, drains: [...world.drains, drain].sort() };
}

/** What set it off may be forgotten. */
export function finished(world: World, { does, of, n, task }: Handler): World {
  if (does === "relay by the sweep") return world;
  if (does === "drain") return { ...world, drains: world.drains.filter(name => name !== task) };
  const part = partOf(world, of);
  if (does === "release") return withEvent(world, of, { releases: part.releases.filter(task => task !== n) });
  const isIts = part.message === (does === "delivery" ? "live" : "dead");
  return isIts ? withEvent(world, of, { message: "acked" }) : world;
}
