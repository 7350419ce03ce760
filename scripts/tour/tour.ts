import { parseArgs } from "node:util";
import { visit } from "./stories/shop.ts";
import type { Story } from "./stories/story.ts";
import { tellStory } from "./stories/story.ts";
import { STORIES } from "./stories.ts";

const USAGE = `Walks through everything the shop does, one story after the other, on a running npm start.

npm run tour [-- --url http://localhost:8000] [--only ${STORIES.map(({ name }) => name).join("|")}]

It moves the clock by hours. Each run uses names of its own, so it can be run again on the same shop.`;

const BAD_FLAGS = 2;
const BACKLOG = 2_000;

const { url, stories } = readArgs();
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const shop = await visit(url, BACKLOG).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(BAD_FLAGS);
});
const failed: string[] = [];
for (const story of stories) if (!(await tellStory(story, shop, print))) failed.push(story.name);
await shop.close();
print(
  failed.length === 0
    ? `\n${stories.length} stories, each as it should be.`
    : `\nNot as it should be: ${failed.join(", ")}.`,
);
process.exit(failed.length === 0 ? 0 : 1);

function readArgs(): { url: string; stories: readonly Story[] } {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({ options: { url: text, only: text } });
    const { url = "http://localhost:8000", only } = values;
    if (!URL.canParse(url)) throw new Error(`--url takes the address that npm start prints; not ${url}.`);
    const stories = STORIES.filter(({ name }) => only === undefined || name === only);
    if (stories.length === 0) throw new Error(`--only takes the name of a story; not ${only}.`);
    return { url: new URL(url).origin, stories };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}\n`);
    process.exit(BAD_FLAGS);
  }
}
