import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Started } from "../test/worlds/started.ts";
import { startProcess } from "../test/worlds/started.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

let started: Started;
beforeAll(async () => {
  started = await startProcess(["--port", "0"]);
});
afterAll(async () => {
  await started.end("SIGINT");
});

function run(file: "parked" | "replay", ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`scripts/operate/${file}.ts`, ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("connects with the local PulseCart of --url", () => {
  expect(run("parked", "--url", started.url)).toEqual({
    status: 0,
    stdout:
      "Nothing that matches is parked.\n0 are being retried, 0 wait behind another: --state deferred|queued\n",
    stderr: "",
  });
  expect(run("replay", "--url", started.url, "--reaction", "carts")).toMatchObject({
    status: 0,
    stdout: expect.stringContaining("Nothing to replay"),
  });
});

test("ends with 2 when the reaction does not exist", () => {
  const { status, stderr } = run("parked", "--url", started.url, "--reaction", "nope");
  expect([status, stderr]).toEqual([
    2,
    expect.stringMatching(/^--reaction invalid: expected one of .+orders.+, got "nope"/),
  ]);
});

test("ends with 2 and one sentence when the command line is wrong", () => {
  expect(run("parked", "drop", "some-id")).toEqual({
    status: 2,
    stdout: "",
    stderr: "drop needs --reason TEXT: the audit record keeps the reason.\n",
  });
  expect(run("replay", "--url", "http://localhost:1", "--reaction", "carts")).toEqual({
    status: 2,
    stdout: "",
    stderr:
      "No local PulseCart answers at http://localhost:1: start one with npm start, or give --url or --project.\n",
  });
});
