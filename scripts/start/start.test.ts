import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { startProcess } from "../test/worlds/started.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/start/main.mjs", ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test.each(["SIGINT", "SIGTERM"] as const)(
  "answers requests until %s, then ends with exit code 0",
  async signal => {
    const started = await startProcess(["--port", "0"]);
    const status = await fetch(`${started.url}/__local/status`).then(answer => answer.json());
    expect(status).toMatchObject({
      project_id: "demo-pulsecart",
      undelivered: [],
      tasks: expect.stringContaining(":"),
    });
    expect(started.output()).toMatch(/producers +none are configured: every caller may report every type/);
    expect(await started.end(signal)).toBe(0);
    await expect(fetch(started.url)).rejects.toThrow();
  },
);

test("names the configured producers", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-producers-"));
  const file = join(folder, "producers.json");
  writeFileSync(file, JSON.stringify([{ name: "shopify", types: ["order.placed"], key: "key-1" }]));
  const started = await startProcess(["--port", "0", "--producers", file]);
  expect(started.output()).toMatch(/producers +shopify; other callers of ingest are refused/);
  const refused = await fetch(`${started.url}/events/ingest`, { method: "POST", body: "{}" });
  expect(refused.status).toBe(401);
  expect(await started.end("SIGTERM")).toBe(0);
  rmSync(folder, { recursive: true });
});

test("refuses a port in use with a sentence", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  expect(run("--port", String(port))).toEqual({
    status: 1,
    stdout: "",
    stderr: `Port ${port} is in use. Stop its process, or: npm start -- --port 8001\n`,
  });
  other.close();
});

test("refuses an unusable data folder with a sentence", () => {
  const { status, stderr } = run("--port", "0", "--data", "package.json");
  expect(status).toBe(1);
  expect(stderr).toMatch(/^The data folder .*package\.json cannot be used: .*--data DIR.*\n$/);
});

test.each<[string[], string | RegExp]>([
  [["--port", "many"], '--port invalid: expected a whole number from 0 to 65535, got "many".\n'],
  [["--port", "65536"], '--port invalid: expected a whole number from 0 to 65535, got "65536".\n'],
  [["--data", ""], '--data invalid: expected the name of a folder, got "".\n'],
  [
    ["--producers", "none.json"],
    '--producers invalid: expected a file with producers as JSON, got "none.json".\n',
  ],
  [
    ["--producers", "package.json"],
    /^--producers package\.json is unusable\. PRODUCERS is invalid: expected a list of .*\n/,
  ],
  [["--prot", "8000"], "Unknown option '--prot': expected --port, --data, --producers or --help.\n"],
])("refuses %j with a sentence", (args, stderr) => {
  const expected = typeof stderr === "string" ? stderr : expect.stringMatching(stderr);
  expect(run(...args)).toEqual({ status: 1, stdout: "", stderr: expected });
});

test("prints its flags with --help", () => {
  const { status, stdout } = run("--help");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^npm start \[-- FLAGS\]\n/);
  for (const flag of ["--port PORT", "--data DIR", "--producers FILE", "--help"])
    expect(stdout).toContain(flag);
});
