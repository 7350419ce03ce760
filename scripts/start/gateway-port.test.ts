import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Storage } from "../local-cloud/storage.ts";
import { openStorage, UnusableData } from "../local-cloud/storage.ts";
import { listenWhereKept } from "./gateway-port.ts";

let data: string;
let storage: Storage;
let ends: (() => void)[];
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "pulsecart-port-"));
  storage = openStorage(data);
  ends = [];
});
afterEach(async () => {
  for (const end of ends) end();
  storage.close();
  await rm(data, { recursive: true });
});

async function listen(port?: number): Promise<{ port: number; close(): void }> {
  const where = port === undefined ? { data } : { data, port };
  const listening = await listenWhereKept(createServer(), storage, where);
  ends.push(listening.close);
  return listening;
}

test("listens again on the port of the folder", async () => {
  const first = await listen(0);
  first.close();
  for (const port of [undefined, 0, first.port]) {
    const again = await listen(port);
    expect(again.port).toBe(first.port);
    again.close();
  }
});

test("refuses another port and names the port of the folder", async () => {
  const { port, close } = await listen(0);
  close();
  await expect(listen(1)).rejects.toThrow(
    `${data} belongs to port ${port}, which its tasks and subscriptions call: leave out --port 1, or`,
  );
  await expect(listen(1)).rejects.toThrow(UnusableData);
});

test("refuses to start when the folder's port is in use", async () => {
  const { port } = await listen(0);
  const refusal = listen();
  await expect(refusal).rejects.toThrow(UnusableData);
  await expect(refusal).rejects.toThrow(`belongs to port ${port}`);
});

test("belongs to no port when listening failed", async () => {
  const { port } = await listen(0);
  storage.keeper.delete("gateway", "port");
  await expect(listen(port)).rejects.toMatchObject({ code: "EADDRINUSE" });
  expect((await listen(0)).port).not.toBe(port);
});
