import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { findJava } from "../google/emulators.ts";
import { functionsYaml, triggersIn, triggersOf } from "./functions-yaml.ts";
import { manifestJar } from "./manifest-jar.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const declarations: Declaration[] = [
  { kind: "http", name: "ingest", prefixes: ["/events"], routes: [] },
  {
    kind: "reaction",
    name: "carts",
    types: ["cart.item_added", "order.placed"],
    immediate: ["order.placed"],
  },
  { kind: "consumer", name: "adopt", shares: [{ topic: "user-events", filter: "" }] },
  { kind: "timer", name: "abandon-cart" },
  { kind: "schedule", name: "sweep", cron: "* * * * *" },
];

test("declares every function over HTTP and for each topic", () => {
  const { endpoints } = JSON.parse(functionsYaml(declarations));
  const entryPoints = Object.entries<{ entryPoint: string }>(endpoints).map(([id, one]) => [
    id,
    one.entryPoint,
  ]);
  expect(Object.fromEntries(entryPoints)).toEqual({
    ingest: "ingest",
    carts: "carts.calls",
    adopt: "adopt.calls",
    "abandon-cart": "abandon-cart",
    sweep: "sweep",
    "carts-on-user-actions": "carts",
    "carts-on-commerce-events": "carts",
    "adopt-on-user-events": "adopt",
  });
  expect(endpoints["carts-on-user-actions"].eventTrigger.eventFilters).toEqual({
    topic: "pulsecart.user-actions",
  });
  expect(triggersIn(functionsYaml(declarations))).toEqual(triggersOf(declarations));
});

test("creates a jar whose manifest has lines of valid length", () => {
  const path = `file:///${"a-long-folder/".repeat(9)}emulator.jar`;
  const jar = manifestJar({ "Main-Class": "a.B", "Class-Path": path });
  const end = jar.subarray(-22);
  const directory = jar.subarray(end.readUInt32LE(16), jar.length - 22);
  expect([end.readUInt32LE(0), end.readUInt16LE(10), directory.length]).toEqual([
    0x06054b50,
    1,
    end.readUInt32LE(12),
  ]);
  expect(directory.subarray(46).toString()).toBe("META-INF/MANIFEST.MF");
  const size = directory.readUInt32LE(24);
  const content = jar.subarray(30 + "META-INF/MANIFEST.MF".length).subarray(0, size);
  expect(content.toString().replaceAll("\r\n ", "")).toBe(
    `Manifest-Version: 1.0\r\nMain-Class: a.B\r\nClass-Path: ${path}\r\n`,
  );
  expect(
    Math.max(
      ...content
        .toString()
        .split("\r\n")
        .map(line => line.length),
    ),
  ).toBeLessThanOrEqual(72);
});

test("names the missing version of Java", () => {
  expect(findJava(999)).toEqual({
    missing: "Google's emulators need Java 999 or newer: put one on PATH or name its folder in JAVA_HOME",
  });
});

test("refuses a flag before any installation, build or start", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["scripts/emulators/main.mjs", ...args], { cwd: root, encoding: "utf8" });
  const { status, stdout, stderr } = run("--data", "d");
  expect({ status, stdout, stderr }).toEqual({
    status: 1,
    stdout: "",
    stderr: "--data is for npm start: Google's emulators keep nothing.\n",
  });
});
