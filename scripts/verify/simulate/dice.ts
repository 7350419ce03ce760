import { createDraws } from "../../local-cloud/faults/fault-draws.ts";

/** Chance that is the same for the same seed and name. */
export interface Dice {
  chance(probability: number): boolean;
  /** A whole number from 0 up to `limit`, without it. */
  below(limit: number): number;
  between(least: number, most: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** Like `below`, small ones far more often: a tenth of the goods is what nearly everybody looks at. */
  popular(limit: number): number;
}

/** Dice of different names do not disturb each other: one shopper more leaves all the others as they were. */
export function createDice(seed: number, name: string): Dice {
  const draws = createDraws(seed);
  const draw = () => draws.draw(name);
  const below = (limit: number): number => Math.floor(draw() * limit);
  return {
    chance: probability => draw() < probability,
    below,
    between: (least, most) => least + below(most - least + 1),
    pick: from => from[below(from.length)] ?? from[0],
    // The logarithm of Zipf's law with s = 1: every tenfold rank is drawn as often as the one before.
    popular: limit => Math.min(Math.floor((limit + 1) ** draw()) - 1, limit - 1),
  };
}
