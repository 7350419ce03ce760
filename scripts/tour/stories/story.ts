import type { Expected } from "./differences.ts";
import { differences, valueText } from "./differences.ts";
import type { Shop } from "./shop.ts";

/** One scenario of the shop as a list of steps. */
export interface Story {
  /** The name for `--only`. */
  name: string;
  title: string;
  play(shop: Shop, stage: Stage): Promise<void>;
}

/** Prints the steps of a story and checks their results. */
export interface Stage {
  /** Prints a remark without a check. */
  say(words: string): void;
  /**
   * Runs a step and compares its result with the expected one. A difference ends the story.
   * @returns the result
   */
  step<Result>(words: string, expected: Expected, run: () => Promise<Result>): Promise<Result>;
}

/** The result of a step differs from the expected one. */
export class StepFailed extends Error {
  override name = "StepFailed";
}

/**
 * Plays a story.
 * @param print gets each line of output
 * @returns true when every result is the expected one
 */
export async function playStory(story: Story, shop: Shop, print: (line: string) => void): Promise<boolean> {
  print(`\n${story.title}`);
  const stage: Stage = {
    say: words => print(`    ${words}`),
    step: async (words, expected, run) => {
      const result = await run();
      const found = differences(expected, result);
      if (found.length === 0) {
        print(`  ✓ ${words}`);
        return result;
      }
      print(`  ✗ ${words}`);
      for (const difference of found) print(`      ${difference}`);
      throw new StepFailed(`${words}: ${found.length} differences`);
    },
  };
  try {
    await story.play(shop, stage);
    return true;
  } catch (error) {
    if (!(error instanceof StepFailed))
      print(`  ✗ the story failed: ${error instanceof Error ? error.message : valueText(error)}`);
    return false;
  }
}
