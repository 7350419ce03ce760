import * as v from "valibot";
import { oneOf, optional, serverUrl } from "../cli/flag-values.ts";
import type { FlagValues } from "../cli/flags.ts";
import { flag } from "../cli/flags.ts";
import { runCommand } from "../cli/run-command.ts";
import { visit } from "./stories/shop.ts";
import { playStory } from "./stories/story.ts";
import { STORIES } from "./stories.ts";

/** Number of events in the queue ahead of the events that a client waits for. The emulators allow fewer. */
const BACKLOG = 2_000;

const TOUR = {
  command: "npm run tour",
  about:
    "Walks through everything the shop does, one story after the other, on a running npm start.\n" +
    "The tour moves the clock by hours. Each run uses new ids, so the same shop can be toured again.",
  flags: {
    url: flag(v.optional(serverUrl(), "http://localhost:8000"), {
      value: "URL",
      about: "the address that npm start prints; default http://localhost:8000",
    }),
    only: flag(optional(oneOf(STORIES.map(({ name }) => name))), {
      value: "STORY",
      about: `one story: ${STORIES.map(({ name }) => name).join(", ")}`,
    }),
  },
};

await runCommand({ line: TOUR, run: tour });
process.exit();

async function tour({ url, only }: FlagValues<typeof TOUR.flags>): Promise<number> {
  const shop = await visit(url, BACKLOG);
  const stories = STORIES.filter(({ name }) => only === undefined || name === only);
  const failed: string[] = [];
  for (const story of stories) if (!(await playStory(story, shop, print))) failed.push(story.name);
  await shop.close();
  print(
    failed.length === 0
      ? `\n${stories.length} stories, each as it should be.`
      : `\nNot as it should be: ${failed.join(", ")}.`,
  );
  return failed.length === 0 ? 0 : 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
