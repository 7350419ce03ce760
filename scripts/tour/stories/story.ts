import type { Expected } from "./differences.ts";
import { differences, shown } from "./differences.ts";
import type { Shop } from "./shop.ts";

/** One article's system, walked through as its reader would. */
export interface Story {
  /** What `--only` names it by. */
  name: string;
  title: string;
  tell(shop: Shop, told: Told): Promise<void>;
}

export interface Told {
  /** Something that happens, without anything to look at. */
  say(words: string): void;
  /**
   * A step and its outcome; the story ends where an outcome is not as expected.
   * @returns what was seen
   */
  step<Seen>(words: string, expected: Expected, look: () => Promise<Seen>): Promise<Seen>;
}

/** The outcome of a step was not as the story goes. */
export class StoryEnds extends Error {
  override name = "StoryEnds";
}

/** Tells a story, and whether it came out right. `print` gets each line. */
export async function tellStory(story: Story, shop: Shop, print: (line: string) => void): Promise<boolean> {
  print(`\n${story.title}`);
  const told: Told = {
    say: words => print(`    ${words}`),
    step: async (words, expected, look) => {
      const seen = await look();
      const found = differences(expected, seen);
      if (found.length === 0) {
        print(`  ✓ ${words}`);
        return seen;
      }
      print(`  ✗ ${words}`);
      for (const difference of found) print(`      ${difference}`);
      throw new StoryEnds(`${words}: ${found.length} differences`);
    },
  };
  try {
    await story.tell(shop, told);
    return true;
  } catch (error) {
    if (!(error instanceof StoryEnds))
      print(`  ✗ the story broke off: ${error instanceof Error ? error.message : shown(error)}`);
    return false;
  }
}
