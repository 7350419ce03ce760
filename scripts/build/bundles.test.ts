import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { functionFiles } from "../plan/load-functions.ts";
import { visit } from "../tour/stories/shop.ts";
import { tellStory } from "../tour/stories/story.ts";
import { STORIES } from "../tour/stories.ts";
import { LOOKED_AT } from "../verify/chaos/looked-at.ts";
import type { Shop } from "../verify/chaos/shop.ts";
import { makeRunFolder, openShop, root } from "../verify/chaos/shop.ts";

/** Of those that the chaos test starts, who else is in these stories. */
const WITH_THEM = ["ingest", "analytics", "daily-numbers"];
/** They touch most of the others: a sign-up and a purchase, with their mails. */
const TOLD = ["lab", "course"];

const all = functionFiles().map(file => basename(file, ".ts"));
const only = all.filter(name => !LOOKED_AT.includes(name) || WITH_THEM.includes(name));

let run: ReturnType<typeof makeRunFolder>;
let shop: Shop;
beforeAll(async () => {
  run = makeRunFolder();
  shop = await openShop(run.folder, { isGoogle: false, idleMs: 3_600_000, only });
}, 120_000);
afterAll(async () => {
  await shop.close();
  run.remove();
});

test("every function starts from its bundle by the functions-framework's own command, here or in the chaos test", async () => {
  await shop.functions.up();
  expect(shop.functions.ended).toEqual([]);
  expect([...new Set([...only, ...LOOKED_AT])].sort()).toEqual([...all].sort());
});

test.each(STORIES.filter(({ name }) => TOLD.includes(name)).map(story => [story.name, story] as const))(
  "the bundles do their work: %s",
  async (_name, story) => {
    const visited = await visit(shop.url, 0);
    const lines: string[] = [];
    const isRight = await tellStory(story, visited, line => lines.push(line));
    await visited.close();
    expect(isRight ? [] : lines).toEqual([]);
  },
  60_000,
);

test("a function that starts has built no client of Google's: the first call that needs one does", () => {
  const made = (path: string): string[] => {
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
  expect(made(eager)).toContain("Firestore");
  const classes = made(join(run.folder, "bundles", "email", "index.js"));
  expect(classes.length).toBeGreaterThan(50);
  expect(classes.filter(name => clients.includes(name))).toEqual([]);
});

test("gcloud uploads of a function's folder what the build made, and nothing else", () => {
  const folder = join(run.folder, "bundles", "ingest");
  for (const other of [".env", "notes.txt", "bundle.ts"]) writeFileSync(join(folder, other), "");
  const { error, stdout } = spawnSync("gcloud", ["meta", "list-files-for-upload", folder], {
    encoding: "utf8",
  });
  if (error) return console.log("Not looked at: what gcloud uploads; gcloud is not installed.");
  expect(stdout.trim().split("\n").sort()).toEqual([
    "bundle.js",
    "index.js",
    "package-lock.json",
    "package.json",
  ]);
});
