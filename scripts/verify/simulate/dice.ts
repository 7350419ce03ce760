import { createDraws } from "../../local-cloud/faults/fault-draws.ts";

/** Random draws that are the same for the same seed and name. */
export interface Dice {
  chance(probability: number): boolean;
  /** Draws a whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  /** Draws a whole number from `least` to `most`. */
  between(least: number, most: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
  /** Draws a number like `below`, but prefers small ones: most views concern a tenth of the goods. */
  popular(limit: number): number;
}

/** Creates the dice of one name. Other names are independent: one more shopper changes no other shopper. */
export function createDice(seed: number, name: string): Dice {
  const draws = createDraws(seed);
  const draw = () => draws.draw(name);
  const below = (limit: number): number => Math.floor(draw() * limit);
  return {
    chance: probability => draw() < probability,
    below,
    between: (least, most) => least + below(most - least + 1),
    pick: from => from[below(from.length)] ?? from[0],
    // Zipf's law with s = 1: ranks 1 to 9 together are drawn as often as ranks 10 to 99.
    popular: limit => Math.min(Math.floor((limit + 1) ** draw()) - 1, limit - 1),
  };
}
