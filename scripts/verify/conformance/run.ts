import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../cli/run-command.ts";
import { findGoogleEmulators, startGoogleFirestore, startGooglePubSub } from "../../google/emulators.ts";
import { HOST_VARIABLES } from "./host-variables.ts";
import { readJestReport } from "./jest-report.ts";
import { knownDifferences } from "./known-differences.ts";
import { tableOf } from "./table.ts";
import type { BehaviourResult, Service } from "./verdict.ts";
import { bestOf, failsUnexpectedly, judge, SERVICES } from "./verdict.ts";

const CONFORMANCE = {
  command: "npm run conformance",
  about: `Runs one test suite against the embedded emulators and against Google's, and prints one table.
Exit code 1: a behaviour fails, or known-differences.ts lacks a difference or names one that is gone.
REQUIRE_GOOGLE_EMULATORS=1 in the environment makes missing emulators of Google a failure.`,
  flags: {},
};

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs the tests of these services in a jest process of its own, whose output is ignored unless jest crashes. */
async function testServices(
  services: readonly Service[],
  environment: Record<string, string>,
): Promise<BehaviourResult[]> {
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-conformance-"));
  const report = join(folder, "report.json");
  const jest = join(dirname(createRequire(import.meta.url).resolve("jest/package.json")), "bin", "jest.js");
  // A failed test may leave connections open; --forceExit ends the run all the same.
  const options = ["--json", `--outputFile=${report}`, "--maxWorkers=2", "--forceExit"];
  const pattern = `--testPathPatterns=scripts/verify/conformance/(${services.join("|")})/`;
  try {
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, [jest, ...options, pattern], {
      cwd: root,
      env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let output = "";
    child.stderr.on("data", chunk => {
      output += chunk;
    });
    await once(child, "close");
    return readJestReport(JSON.parse(readReport(report, output)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readReport(file: string, output: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`Jest report missing: expected ${file}, got this output of jest:\n${output}`, {
      cause: error,
    });
  }
}

async function testGoogle(): Promise<BehaviourResult[] | { missing: string }> {
  const found = findGoogleEmulators();
  if ("missing" in found) return found;
  const [firestore, pubsub] = await Promise.all([startGoogleFirestore(found), startGooglePubSub(found)]);
  try {
    return await testServices(["firestore", "pubsub"], {
      [HOST_VARIABLES.firestore]: firestore.host,
      [HOST_VARIABLES.pubsub]: pubsub.host,
    });
  } finally {
    await Promise.all([firestore.close(), pubsub.close()]);
  }
}

async function timed<T>(name: string, run: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const result = await run();
  console.log(`${name}: ${Math.round((performance.now() - startedMs) / 1000)} s`);
  return result;
}

async function compare(): Promise<number> {
  const embedded = await timed("embedded emulators", () => testServices(SERVICES, {}));
  const google = await testGoogleUpToTwice();
  const tested = "missing" in google ? undefined : google;
  const { rows, problems } = judge(embedded, tested, knownDifferences);
  console.log(`\n${tableOf(rows)}`);
  if ("missing" in google) {
    console.log(`\nGoogle's emulators were not tested. ${google.missing}.`);
    if (process.env["REQUIRE_GOOGLE_EMULATORS"] === "1") problems.push(google.missing);
  }
  for (const problem of problems) console.error(`\n${problem}`);
  return problems.length > 0 ? 1 : 0;
}

/** Tests Google's emulators, and once more after an unexpected failure. Some races are lost on a busy machine. */
async function testGoogleUpToTwice(): Promise<BehaviourResult[] | { missing: string }> {
  const first = await timed("Google's emulators", testGoogle);
  if ("missing" in first || !failsUnexpectedly(first, knownDifferences)) return first;
  const second = await timed("Google's emulators, second run", testGoogle);
  return "missing" in second ? first : bestOf(first, second);
}

await runCommand({ line: CONFORMANCE, run: compare });
