import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { HOUR_MS } from "../../shared/values/durations.ts";
import { functionFiles } from "../plan/load-functions.ts";
import { visit } from "../tour/stories/shop.ts";
import { playStory } from "../tour/stories/story.ts";
import { STORIES } from "../tour/stories.ts";
import { CHAOS_TEST_FUNCTIONS } from "../verify/chaos/chaos-test-functions.ts";
import type { Shop } from "../verify/chaos/shop.ts";
import { makeRunFolder, openShop, root } from "../verify/chaos/shop.ts";

/** Functions of these stories that the chaos test starts, too. */
const ALSO_STARTED = ["accounts", "ingest", "analytics", "daily-numbers", "send-mail"];
/** The stories that run most other functions: a sign-up and a purchase, with their mails. */
const PLAYED_STORIES = ["lab", "course"];

const all = functionFiles().map(file => basename(file, ".ts"));
const only = all.filter(name => !CHAOS_TEST_FUNCTIONS.includes(name) || ALSO_STARTED.includes(name));

let run: ReturnType<typeof makeRunFolder>;
let shop: Shop;
beforeAll(async () => {
  run = makeRunFolder();
  shop = await openShop(run.folder, { isGoogle: false, idleMs: HOUR_MS, only });
});
afterAll(async () => {
  await shop.close();
  run.remove();
});

test("starts every function from its bundle, here or in the chaos test", async () => {
  await shop.functions.up();
  expect(shop.functions.ended).toEqual([]);
  expect([...new Set([...only, ...CHAOS_TEST_FUNCTIONS])].sort()).toEqual([...all].sort());
});

test.each(
  STORIES.filter(({ name }) => PLAYED_STORIES.includes(name)).map(story => [story.name, story] as const),
)(
  "plays the story %s on the bundles",
  async (_name, story) => {
    const visited = await visit(shop.url, 0);
    const lines: string[] = [];
    const isRight = await playStory(story, visited, line => lines.push(line));
    await visited.close();
    expect(isRight ? [] : lines).toEqual([]);
  },
  60_000,
);

test("creates no client of Google's at the start of a function", () => {
  const classesIn = (path: string): string[] => {
    const env = { ...process.env, CALLER_AUTH: "iam", GCP_PROJECT_ID: "p" };
    const args = [join(root, "scripts", "build", "loaded-objects.ts"), path];
    return JSON.parse(spawnSync(process.execPath, args, { encoding: "utf8", env }).stdout);
  };
  const clients = ["Firestore", "InternalChannel", "PubSub", "CloudTasksClient"];
  const eager = join(run.folder, "eager.cjs");
  writeFileSync(
    eager,
    `exports.client = new (require("@google-cloud/firestore").Firestore)({ projectId: "p" });`,
  );
  expect(classesIn(eager)).toContain("Firestore");
  const classes = classesIn(join(run.folder, "bundles", "email", "index.js"));
  expect(classes.length).toBeGreaterThan(50);
  expect(classes.filter(name => clients.includes(name))).toEqual([]);
});

test("uploads only the build's files from a function's folder", () => {
  const folder = join(run.folder, "bundles", "ingest");
  for (const other of [".env", "notes.txt", "bundle.ts"]) writeFileSync(join(folder, other), "");
  const { error, stdout } = spawnSync("gcloud", ["meta", "list-files-for-upload", folder], {
    encoding: "utf8",
  });
  if (error) return console.log("Upload not tested: gcloud is not installed.");
  expect(stdout.trim().split("\n").sort()).toEqual([
    "bundle.js",
    "index.js",
    "package-lock.json",
    "package.json",
  ]);
});
