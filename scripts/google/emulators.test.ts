import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Firestore } from "@google-cloud/firestore";
import { PubSub } from "@google-cloud/pubsub";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { findGoogleEmulators, startGoogleFirestore, startGooglePubSub } from "./emulators.ts";
import { startJava } from "./java-process.ts";

process.env["METADATA_SERVER_DETECTION"] = "none";

const found = findGoogleEmulators();
const required = process.env["REQUIRE_GOOGLE_EMULATORS"] === "1";
if ("missing" in found && !required) console.warn(`Google's emulators are not tested. ${found.missing}`);
const testWhereInstalled: typeof test | (() => void) = "missing" in found && !required ? () => {} : test;

function installed() {
  if ("missing" in found) throw new Error(found.missing);
  return found;
}

const environment = { ...process.env };
let empty: string;
beforeEach(() => {
  empty = mkdtempSync(join(tmpdir(), "pulsecart-google-"));
});
afterEach(() => {
  process.env = { ...environment };
  rmSync(empty, { recursive: true });
});

testWhereInstalled("starts both emulators for the official clients, and ends both processes", async () => {
  const [firestore, pubsub] = await Promise.all([
    startGoogleFirestore(installed()),
    startGooglePubSub(installed()),
  ]);
  const db = new Firestore({ projectId: "demo-google", host: firestore.host, ssl: false });
  const client = new PubSub({ projectId: "demo-google", apiEndpoint: pubsub.host, emulatorMode: true });
  try {
    await db.doc("a/b").set({ c: 1 });
    expect((await db.doc("a/b").get()).get("c")).toBe(1);
    await client.createTopic("events");
    expect(await client.topic("events").exists()).toEqual([true]);
  } finally {
    await Promise.all([db.terminate(), client.close()]);
    await Promise.all([firestore.close(), pubsub.close()]);
  }
  expect(() => process.kill(firestore.pid, 0)).toThrow("ESRCH");
  expect(() => process.kill(pubsub.pid, 0)).toThrow("ESRCH");
});

test("kills the emulator when the parent process is killed", async () => {
  const parent = `
    const { startJava } = await import(${JSON.stringify(new URL("./java-process.ts", import.meta.url).href)});
    const server = 'require("http").createServer((_, answer) => answer.end()).listen(Number(process.argv.at(-1).split("=")[1]), "127.0.0.1")';
    const { host, pid } = await startJava(process.execPath, ["-e", server, "--"]);
    console.log(JSON.stringify({ host, pid }));
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", parent]);
  const [line] = await once(child.stdout, "data");
  const { host } = JSON.parse(String(line));
  expect((await fetch(`http://${host}/`)).status).toBe(200);
  child.kill("SIGKILL");
  await once(child, "close");
  const refused = async (): Promise<string> => {
    for (;;) {
      try {
        await fetch(`http://${host}/`);
      } catch {
        return "refused";
      }
    }
  };
  expect(await refused()).toBe("refused");
});

test("reports the output of a process that ends before it is ready", async () => {
  const starting = startJava(process.execPath, [
    "-e",
    "console.error('no such class'); process.exit(3)",
    "--",
  ]);
  await expect(starting).rejects.toThrow(/the process ended with 3.*no such class/s);
  await expect(startJava(join(empty, "java"), [])).rejects.toThrow("ENOENT");
});

test("names the missing part and how to install it", () => {
  process.env["PATH"] = empty;
  process.env["CLOUDSDK_ROOT_DIR"] = "";
  expect(findGoogleEmulators()).toEqual({ missing: expect.stringContaining("cloud.google.com/sdk") });
  process.env["CLOUDSDK_ROOT_DIR"] = join(empty, "sdk");
  mkdirSync(join(empty, "sdk", "platform"), { recursive: true });
  expect(findGoogleEmulators()).toEqual({ missing: expect.stringContaining("gcloud components install") });
});
