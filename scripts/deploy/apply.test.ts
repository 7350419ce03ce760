import { expect, test } from "@jest/globals";
import { applyStages } from "./apply.ts";
import { GcloudFailed } from "./gcloud.ts";
import { removeStages } from "./remove.ts";
import { lineOf, summaryOf } from "./report.ts";
import type { Command, Found, Resource, Stage } from "./resource.ts";
import { named } from "./resource.ts";

/** Creates a gcloud that stores names and sizes, and refuses chosen names. */
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

const outcomesOf = (outcomes: Awaited<ReturnType<typeof deploy>>) =>
  outcomes.map(({ outcome, resource }) => `${outcome} ${resource.name}`);

test("creates every resource once; a second run changes nothing", async () => {
  const world = createWorld();
  expect(outcomesOf(await deploy(world))).toEqual(["made a", "made b", "made c", "made d", "made e"]);
  expect(outcomesOf(await deploy(world))).toEqual(["same a", "same b", "same c", "same d", "same e"]);
  expect(world.changes).toHaveLength(5);
});

test("continues after a failure from the resources that exist", async () => {
  const world = createWorld();
  world.refused.add("c");
  const broken = await deploy(world);
  expect(outcomesOf(broken)).toEqual(["made a", "made b", "failed c", "made d", "not done e"]);
  expect(summaryOf(broken)).toMatch(/^3 made, 1 failed, 1 not done\.\nNot tried, .*: Third\.\n/);
  expect(broken.flatMap(each => lineOf(each) ?? [])).toContain("failed   thing c\n    ERROR: c is refused");
  world.refused.clear();
  expect(outcomesOf(await deploy(world))).toEqual(["same a", "same b", "made c", "same d", "made e"]);
});

test("changes resources that differ; only reports them with checkOnly", async () => {
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

test("applies the resources of one function alone with only", async () => {
  const world = createWorld();
  expect(outcomesOf(await deploy(world, { only: "orders" }))).toEqual(["made b"]);
});

test("removes in reverse order; resources with data only with withData", async () => {
  const world = createWorld();
  await deploy(world);
  const printed: string[] = [];
  const removal = { gcloud: world.gcloud, dryRun: false, say: (line: string) => void printed.push(line) };
  expect(await removeStages(stages, { ...removal, withData: false })).toBe(0);
  expect([...world.things.keys()]).toEqual(["e"]);
  expect(world.changes.slice(5)).toEqual(["delete d", "delete c", "delete b", "delete a"]);
  expect(printed[0]).toBe("kept     thing e");
  await removeStages(stages, { ...removal, withData: true });
  expect(world.things.size).toBe(0);
});
