import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { config } from "../../shared/config.ts";
import { documentRef } from "../../shared/google/firestore.ts";
import { ledger } from "../../shared/pipeline/records/ledger.ts";
import type { World } from "../test/worlds/world.ts";
import { startWorld } from "../test/worlds/world.ts";
import { connect } from "./connect.ts";
import { parkedFlags } from "./parked-flags.ts";
import { credentialTrouble, troubleOf } from "./trouble.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const HOSTS = ["FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST", "CLOUD_TASKS_EMULATOR_HOST"];

let world: World;
beforeAll(async () => {
  world = await startWorld("all");
});
afterAll(() => world.close());

/** Runs a tool as a process that knows only a project and the address of its functions. */
function run(tool: "parked" | "replay", args: readonly string[], hosts: Record<string, string | undefined>) {
  const { PATH, FUNCTION_URL = "" } = process.env;
  const target = ["--project", config().projectId, "--function-url", FUNCTION_URL, "--who", "ann"];
  const file = `scripts/operate/${tool}.ts`;
  return new Promise<{ code: number | string; text: string; notes: string }>(resolve => {
    const options = { cwd: root, env: { PATH, ...hosts } };
    execFile(process.execPath, [file, ...args, ...target], options, (error, text, notes) => {
      resolve({ code: error?.code ?? 0, text, notes });
    });
  });
}

const emulators = () => Object.fromEntries(HOSTS.map(name => [name, process.env[name]]));

async function send(event: object): Promise<void> {
  expect((await world.send("POST", "/events/ingest", event)).status).toBe(202);
  await world.settle();
}

const parkedByArchive = async () => (await world.ledgerOf("archive")).find(({ state }) => state === "parked");

/** Sends two events of one id: the archive can hold one of them. */
async function parkOne(event_id: string): Promise<void> {
  const signedUp = { event_type: "user.signed_up", event_id, user_id: "usr_1" };
  for (const email of ["a@example.com", "b@example.com"]) await send({ ...signedUp, payload: { email } });
}

test("releases an entry in a project", async () => {
  await parkOne("evt_one");
  const before = await parkedByArchive();
  expect(before).toMatchObject({ n: 1 });
  const { code, text } = await run("parked", ["release", before?.id ?? "", "--json"], emulators());
  expect([code, JSON.parse(text)]).toEqual([
    0,
    expect.objectContaining({ who: "ann", done: 1, not_done: [] }),
  ]);
  await world.settle();
  expect(await parkedByArchive()).toMatchObject({ id: before?.id, n: 2 });
});

test("stops when every entry fails for the same cause", async () => {
  for (const id of ["evt_2", "evt_3", "evt_4"]) await parkOne(id);
  const args = ["release", "--all", "--region", "europe-west1"];
  const { code, text } = await run("parked", args, emulators());
  expect([code, text]).toEqual([1, expect.stringMatching(/^0 released, 3 not/)]);
  expect(text).toContain("europe-west1 of demo-pulsecart has no such queue: give the --region");
  expect(text).toContain("Stopped before the end");
});

test("explains missing credentials in a sentence", async () => {
  const { code, text, notes } = await run("parked", [], { GOOGLE_APPLICATION_CREDENTIALS: "/no/such/file" });
  expect([code, text]).toEqual([1, ""]);
  expect(notes).toMatch(/^GOOGLE_APPLICATION_CREDENTIALS does not name a file with credentials\..*\n$/);
});

test("replays unhandled events in a project", async () => {
  const items = [{ product_id: "prod_unknown", quantity: 1, unit_price: 20 }];
  const payload = { total: 20, items };
  await send({ event_type: "order.placed", event_id: "evt_o", user_id: "usr_1", order_id: "ord_1", payload });
  const handled = async () =>
    (await world.ledgerOf("inventory")).find(({ cause }) => cause.subject === "usr_1");
  const entry = await handled();
  expect(entry).toMatchObject({ state: "done" });
  await documentRef(ledger, entry?.id ?? "").delete();
  const { code, text } = await run("replay", ["--reaction", "inventory", "--json"], emulators());
  expect([code, JSON.parse(text)]).toEqual([0, expect.objectContaining({ posted: 1 })]);
  await world.advance(60_000); // last: a tool with --project uses the real time, which this moves away from
  expect(await handled()).toMatchObject({ state: "skipped" });
});

test.each([
  [["--project", "My Shop"], "--project invalid: expected the id of a project"],
  [
    ["--project", "shop-prod-1", "--region", "mars"],
    "--region invalid: expected a region such as europe-west1",
  ],
])("refuses %j", (args, sentence) => {
  expect(() => parkedFlags(args)).toThrow(sentence);
});

test("refuses a local PulseCart and a project at once", async () => {
  const flags = { project: "shop-prod-1", url: "http://localhost:8000" };
  await expect(connect(flags)).rejects.toThrow("got both");
});

test("refuses one emulator without the other", async () => {
  const { CLOUD_TASKS_EMULATOR_HOST: host = "" } = process.env;
  delete process.env["CLOUD_TASKS_EMULATOR_HOST"];
  await expect(connect({ project: "shop-prod-1" })).rejects.toThrow(
    "FIRESTORE_EMULATOR_HOST is set and CLOUD_TASKS_EMULATOR_HOST is not",
  );
  process.env["CLOUD_TASKS_EMULATOR_HOST"] = host;
});

const explained = (code: number, text: string) =>
  troubleOf(Object.assign(new Error(text), { code }))?.message;

test("explains errors of Google's services to the operator", () => {
  expect(explained(7, "7 PERMISSION_DENIED: Missing or insufficient permissions.")).toContain(
    "roles/datastore.user",
  );
  expect(explained(7, "The cloudtasks.googleapis.com API requires a quota project")).toContain(
    "set-quota-project demo-pulsecart",
  );
  expect(explained(7, "Cloud Tasks API has not been used in project 1 before or it is disabled")).toContain(
    "deploy PulseCart there first",
  );
  expect(explained(5, "The database (default) does not exist for project x")).toContain("no such database");
  expect(explained(16, "Request had invalid authentication credentials")).toContain(
    "gcloud auth application-default login",
  );
  expect(explained(14, "No connection established")).toContain("does not answer");
  expect(explained(9, "The queue no longer exists")).toContain("no such queue");
  expect(explained(10, "Too much contention")).toBeUndefined();
  expect(
    credentialTrouble(new Error("invalid_grant: reauth related error (invalid_rapt)")).message,
  ).toContain("have expired");
});
