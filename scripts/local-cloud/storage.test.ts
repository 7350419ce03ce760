import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "@jest/globals";
import { openStorage, UnusableData } from "./storage.ts";

const folder = mkdtempSync(join(tmpdir(), "pulsecart-storage-"));
const storageModule = fileURLToPath(new URL("storage.ts", import.meta.url));

afterAll(() => rm(folder, { recursive: true, force: true }));

test("keeps values in the order of their first put, without deleted ones", () => {
  const first = openStorage(join(folder, "kept"));
  first.keeper.put("queue", "b", { size: 1 });
  first.keeper.put("queue", "a", { size: 2, body: Buffer.from("x") });
  first.keeper.put("queue", "b", { size: 3 });
  first.keeper.put("queue", "gone", {});
  first.keeper.put("other", "a", 1);
  first.keeper.delete("queue", "gone");
  first.close();
  const second = openStorage(join(folder, "kept"));
  expect(second.keeper.all("queue")).toEqual([
    { key: "b", value: { size: 3 } },
    { key: "a", value: { size: 2, body: Buffer.from("x") } },
  ]);
  second.close();
});

test("keeps all writes of a transaction or none", () => {
  const storage = openStorage(join(folder, "transaction"));
  const failing = () =>
    storage.transaction(() => {
      storage.keeper.put("queue", "a", 1);
      storage.transaction(() => storage.keeper.put("queue", "b", 1));
      throw new Error("stopped half-way");
    });
  expect(failing).toThrow("stopped half-way");
  expect(storage.keeper.all("queue")).toEqual([]);
  storage.close();
});

test("keeps all values that were put before a kill", async () => {
  const at = join(folder, "killed");
  const script = `
    import { writeSync } from "node:fs";
    import { openStorage } from ${JSON.stringify(storageModule)};
    const { keeper } = openStorage(${JSON.stringify(at)});
    for (let i = 0; ; i++) { keeper.put("n", String(i), i); writeSync(1, i + "\\n"); }`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script]);
  let printed = "";
  child.stdout.on("data", chunk => {
    printed += chunk;
    if (printed.length > 20_000) child.kill("SIGKILL");
  });
  await once(child, "close");
  const lastPrinted = Number(printed.slice(0, printed.lastIndexOf("\n")).split("\n").at(-1));
  const storage = openStorage(at);
  expect(storage.keeper.all("n").length).toBeGreaterThan(lastPrinted);
  storage.close();
});

test("refuses a folder that another process uses", () => {
  const first = openStorage(join(folder, "used"));
  expect(() => openStorage(join(folder, "used"))).toThrow(/another process uses it.*--data/);
  first.close();
});

test("refuses state of another version and a path that is no folder", () => {
  const storage = openStorage(join(folder, "newer"));
  storage.db.exec("PRAGMA user_version = 7");
  storage.close();
  expect(() => openStorage(join(folder, "newer"))).toThrow(UnusableData);
  expect(() => openStorage(join(folder, "newer"))).toThrow(/version 7/);
  expect(() => openStorage(storageModule)).toThrow(/cannot be used: .*EEXIST/);
});
