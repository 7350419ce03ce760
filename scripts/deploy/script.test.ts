import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import type { Deployment } from "./deployment.ts";
import { prepare } from "./prepare.ts";
import { REHEARSED } from "./rehearsal.ts";
import { scriptOf } from "./script.ts";
import { stagesOf } from "./stages.ts";

let deployment: Deployment;
let script: string;
let steps: string[];

beforeAll(async () => {
  deployment = { ...(await prepare(REHEARSED)), value: name => `$${name}` };
  script = scriptOf(stagesOf(deployment), "PulseCart.");
  steps = script.split("\n\n");
});

test("writes a script that bash parses, with a reason for each step", () => {
  const { status, stderr } = spawnSync("bash", ["-n"], { input: script, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  expect(steps.length).toBeGreaterThan(250);
  expect(steps.slice(1).filter(step => !/^# \S.{8,}/.test(step))).toEqual([]);
});

test("passes filters, conditions and variables through the shell to gcloud", () => {
  // A shell function in place of gcloud prints its arguments.
  const printer = `gcloud() { printf '%s\\001' "$@"; printf '\\n'; while read -r line; do :; done; }; node() { :; }`;
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-"));
  const file = join(folder, "deploy.sh");
  writeFileSync(file, `${printer}\n${script}`);
  const env = { PATH: process.env["PATH"], SMTP_URL: "smtp://secret" };
  const printed = spawnSync("bash", [file], { encoding: "utf8", input: "", env });
  rmSync(folder, { recursive: true });
  expect(printed.stderr).toBe("");
  const calls = printed.stdout.split("\n").map(line => line.split("\u0001"));
  const created = calls
    .filter(([group, , verb]) => group === "pubsub" && verb === "create")
    .map(args => args.join(" "));
  for (const { name, filter } of deployment.plan.subscriptions) {
    const call = created.find(args => args.includes(` dev-${name} `));
    expect(call).toContain(filter === "" ? "--topic=" : `--message-filter=${filter} `);
  }
  expect(printed.stdout).toContain('resource.name=="projects/demo-pulsecart/databases/dev-pulsecart"');
  expect(printed.stdout).not.toContain("smtp://secret");
});

test("gives each function an own account with the rights it needs", () => {
  const { needs } = deployment;
  expect(needs.get("ingest")).toEqual({
    publishes: true,
    createsTasks: false,
    firestore: "none",
    mail: "none",
  });
  expect(needs.get("reports")).toEqual({
    publishes: false,
    createsTasks: false,
    firestore: "reads",
    mail: "none",
  });
  expect(needs.get("send-mail")).toMatchObject({ firestore: "writes", mail: "all" });
  expect(needs.get("mail-preferences")).toMatchObject({ mail: "unsubscribe-secret" });
  const accounts = [...script.matchAll(/--service-account=(\S+)/g)].map(([, account]) => account);
  expect(new Set(accounts).size).toBe(deployment.declarations.length);
  expect(script).not.toMatch(/add-iam-policy-binding demo-pulsecart .*-ingest@/);
});

test("allows calls without a token only for public functions", () => {
  const open = [...script.matchAll(/functions deploy dev-(\S+) .*--allow-unauthenticated/g)].map(
    ([, name]) => name,
  );
  const publicFunctions = deployment.declarations.filter(
    each => each.kind === "http" && each.callers === "public",
  );
  expect(open).toEqual(publicFunctions.map(({ name }) => name));
});

test("writes events to BigQuery only when a dataset is named", () => {
  expect(script).not.toContain("bigquery");
  const target = { ...deployment.target, bigQueryDataset: "shop_events" };
  const withTables = scriptOf(stagesOf({ ...deployment, target }), "PulseCart.");
  expect(withTables.match(/--bigquery-table=demo-pulsecart:shop_events\.dev_[a-z_]+/g)).toHaveLength(3);
  expect(withTables.match(/^bq mk --table /gm)).toHaveLength(3);
});

test("plans one function and its own resources with --only", () => {
  const only = scriptOf(stagesOf(deployment), "PulseCart.", "orders");
  expect(only).toContain("functions deploy dev-orders");
  expect(only.match(/functions deploy/g)).toHaveLength(1);
  expect(only).not.toContain("topics create");
});
