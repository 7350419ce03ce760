import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { HOUR_MS } from "../../shared/values/durations.ts";
import type { World } from "../test/worlds/world.ts";
import { startWorld } from "../test/worlds/world.ts";
import { differences } from "./stories/differences.ts";
import type { Shop } from "./stories/shop.ts";
import { visit } from "./stories/shop.ts";
import { playStory } from "./stories/story.ts";
import { STORIES } from "./stories.ts";

/** Events that delay others. `npm run tour` sends ten times as many. */
const BACKLOG = 200;

let world: World;
let shop: Shop;
beforeAll(async () => {
  world = await startWorld("all");
  // The first story waits for the morning. The world skips this time without the minute sweeps.
  const sinceNineMs = (world.clock.now() + 15 * HOUR_MS) % (24 * HOUR_MS);
  await world.advanceUnswept(24 * HOUR_MS - sinceNineMs - HOUR_MS / 60);
  shop = await visit(world.url, BACKLOG);
});
afterAll(async () => {
  await shop.close();
  await world.close();
});

const printed: string[] = [];

test.each(STORIES.map(story => [story.title, story] as const))(
  "%s",
  async (_title, story) => {
    const lines: string[] = [];
    const isRight = await playStory(story, shop, line => lines.push(line));
    printed.push(...lines);
    expect(isRight ? [] : lines).toEqual([]);
  },
  180_000,
);

test("prints the steps that its README shows", () => {
  const readme = readFileSync(fileURLToPath(new URL("README.md", import.meta.url)), "utf8");
  const [, shown = ""] = /```text\nnpm run tour\n([\s\S]*?)```/.exec(readme) ?? [];
  const steps = shown.split("\n").filter(line => line.includes("✓"));
  expect(printed).toEqual(expect.arrayContaining(steps));
  expect(steps.length).toBeGreaterThan(0);
});

test("ends a story at the first unexpected result", async () => {
  const lines: string[] = [];
  const story = {
    name: "wrong",
    title: "Wrong",
    play: async (_: Shop, { step }: Parameters<(typeof STORIES)[0]["play"]>[1]) => {
      await step("one", { a: [1, /x/] }, async () => ({ a: [1, "xyz"], b: 2 }));
      await step("two", { a: 1 }, async () => ({ a: 2 }));
      await step("three", 1, async () => 1);
    },
  };
  expect(await playStory(story, shop, line => lines.push(line))).toBe(false);
  expect(lines).toEqual(["\nWrong", "  ✓ one", "  ✗ two", "      /a should be 1, but is 2"]);
  expect(differences([1], [1, 2])).toEqual(["result should be [1], but is [1,2]"]);
});
