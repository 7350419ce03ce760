import { expect, test } from "@jest/globals";
import { applyStages } from "./apply.ts";
import { GcloudFailed } from "./gcloud.ts";
import { removeStages } from "./remove.ts";
import { lineOf, summaryOf } from "./report.ts";
import type { Command, Found, Resource, Stage } from "./resource.ts";
import { named } from "./resource.ts";

/** A gcloud that keeps names and sizes, and refuses what it is told to. */
function createWorld() {
  const things = new Map<string, Found>();
  const changes: string[] = [];
  const refused = new Set<string>();
  const gcloud = async ({ args }: Command): Promise<string> => {
    const [verb = "", name = "", size = ""] = args;
    if (verb === "list") return JSON.stringify([...things.values()]);
    if (refused.has(name)) throw new GcloudFailed(`ERROR: ${name} is refused`);
    changes.push(`${verb} ${name}`);
    if (verb === "delete") things.delete(name);
    else things.set(name, { name, size });
    return "";
  };
  return { things, changes, refused, gcloud };
}

const thing = (name: string, more: Partial<Resource> = {}): Resource => ({
  kind: "thing",
  name,
  why: "A thing.",
  read: { args: ["list"], find: named(name) },
  wanted: { size: "1" },
  create: [{ args: ["create", name, "1"] }],
  update: () => [{ args: ["update", name, "1"] }],
  remove: () => [{ args: ["delete", name] }],
  ...more,
});

const stages: Stage[] = [
  { title: "First", resources: () => [thing("a"), thing("b", { functionName: "orders" })] },
  { title: "Second", resources: () => [thing("c"), thing("d")] },
  { title: "Third", resources: () => [thing("e", { holdsData: true })] },
];

function deploy(world: ReturnType<typeof createWorld>, options: { checkOnly?: boolean; only?: string } = {}) {
  const { gcloud } = world;
  return applyStages(stages, {
    gcloud,
    values: new Map(),
    checkOnly: false,
    report: () => undefined,
    ...options,
  });
}

const told = (outcomes: Awaited<ReturnType<typeof deploy>>) =>
  outcomes.map(({ outcome, resource }) => `${outcome} ${resource.name}`);

test("makes everything once: a second run changes nothing", async () => {
  const world = createWorld();
  expect(told(await deploy(world))).toEqual(["made a", "made b", "made c", "made d", "made e"]);
  expect(told(await deploy(world))).toEqual(["same a", "same b", "same c", "same d", "same e"]);
  expect(world.changes).toHaveLength(5);
});

test("says after a failure what was made and what was not, and goes on from there", async () => {
  const world = createWorld();
  world.refused.add("c");
  const broken = await deploy(world);
  expect(told(broken)).toEqual(["made a", "made b", "failed c", "made d", "not done e"]);
  expect(summaryOf(broken)).toMatch(/^3 made, 1 failed, 1 not done\.\nNot tried, .*: Third\.\n/);
  expect(broken.flatMap(each => lineOf(each) ?? [])).toContain("failed   thing c\n    ERROR: c is refused");
  world.refused.clear();
  expect(told(await deploy(world))).toEqual(["same a", "same b", "made c", "same d", "made e"]);
});

test("changes what differs, and only looks where it is to look", async () => {
  const world = createWorld();
  await deploy(world);
  world.things.set("d", { name: "d", size: "2" });
  world.things.delete("a");
  const [missing, , , differs] = await deploy(world, { checkOnly: true });
  expect([missing?.outcome, differs?.outcome, differs?.details]).toEqual([
    "missing",
    "differs",
    ['size is "2", should be "1"'],
  ]);
  expect(world.changes).toHaveLength(5);
  await deploy(world);
  expect(world.changes.slice(5)).toEqual(["create a", "update d"]);
});

test("with one function alone touches only what belongs to that", async () => {
  const world = createWorld();
  expect(told(await deploy(world, { only: "orders" }))).toEqual(["made b"]);
});

test("takes away in the other order, and what holds data only when told so", async () => {
  const world = createWorld();
  await deploy(world);
  const said: string[] = [];
  const removal = { gcloud: world.gcloud, dryRun: false, say: (line: string) => void said.push(line) };
  expect(await removeStages(stages, { ...removal, withData: false })).toBe(0);
  expect([...world.things.keys()]).toEqual(["e"]);
  expect(world.changes.slice(5)).toEqual(["delete d", "delete c", "delete b", "delete a"]);
  expect(said[0]).toBe("kept     thing e");
  await removeStages(stages, { ...removal, withData: true });
  expect(world.things.size).toBe(0);
});
