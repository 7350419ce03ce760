import { spawnSync } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { startProcess } from "../test/worlds/started.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

function run(...args: string[]) {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/start/main.mjs", ...args], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, stderr };
}

test.each(["SIGINT", "SIGTERM"] as const)(
  "ends cleanly on %s, with requests answered until then",
  async signal => {
    const started = await startProcess(["--port", "0"]);
    const status = await fetch(`${started.url}/__local/status`).then(answer => answer.json());
    expect(status).toMatchObject({
      project_id: "demo-pulsecart",
      undelivered: [],
      tasks: expect.stringContaining(":"),
    });
    expect(await started.end(signal)).toBe(0);
    await expect(fetch(started.url)).rejects.toThrow();
  },
);

test("says in a sentence that the port is in use", async () => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  expect(run("--port", String(port))).toEqual({
    status: 1,
    stderr: `Port ${port} is in use. Stop what listens there, or: npm start -- --port 8001\n`,
  });
  taken.close();
});

test("says in a sentence that a data folder cannot be used", () => {
  const { status, stderr } = run("--port", "0", "--data", "package.json");
  expect(status).toBe(1);
  expect(stderr).toMatch(/^The data folder .*package\.json cannot be used: .*--data DIR.*\n$/);
});

test("says in a sentence what a flag takes", () => {
  expect(run("--port", "many").stderr).toBe("--port takes a number from 0 (any free port) to 65535.\n");
  expect(run("--prot", "8000").stderr).toContain("Usage: npm start [-- --port 8000 --data DIR]");
});
