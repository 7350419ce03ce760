import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findGoogleEmulators, startGoogleFirestore, startGooglePubSub } from "../../google/emulators.ts";
import { HOST_VARIABLES } from "./host-variables.ts";
import { outcomesOf } from "./jest-outcomes.ts";
import { knownDifferences } from "./known-differences.ts";
import { tableOf } from "./table.ts";
import type { Outcome, Service } from "./verdict.ts";
import { bestOf, failsUnexpectedly, judge, SERVICES } from "./verdict.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Runs the suites of these services in a jest of its own; what it prints of itself is of no interest here. */
async function ask(services: readonly Service[], environment: Record<string, string>): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-conformance-"));
  const report = join(folder, "report.json");
  const jest = join(dirname(createRequire(import.meta.url).resolve("jest/package.json")), "bin", "jest.js");
  // What a failed test leaves open must not keep the run from its end.
  const options = ["--json", `--outputFile=${report}`, "--maxWorkers=2", "--forceExit"];
  try {
    const args = [jest, ...options, `--testPathPatterns=scripts/conformance/(${services.join("|")})/`];
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "ignore", "pipe"] });
    let output = "";
    child.stderr.on("data", chunk => {
      output += chunk;
    });
    await once(child, "close");
    return outcomesOf(JSON.parse(reportIn(report, output)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function reportIn(file: string, output: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`jest has left no report:\n${output}`, { cause: error });
  }
}

async function askGoogle(): Promise<Outcome[] | { missing: string }> {
  const found = findGoogleEmulators();
  if ("missing" in found) return found;
  const [firestore, pubsub] = await Promise.all([startGoogleFirestore(found), startGooglePubSub(found)]);
  try {
    return await ask(["firestore", "pubsub"], {
      [HOST_VARIABLES.firestore]: firestore.host,
      [HOST_VARIABLES.pubsub]: pubsub.host,
    });
  } finally {
    await Promise.all([firestore.close(), pubsub.close()]);
  }
}

async function timed<T>(what: string, run: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const result = await run();
  console.log(`${what}: ${Math.round((performance.now() - startedMs) / 1000)} s`);
  return result;
}

const embedded = await timed("embedded emulators", () => ask(SERVICES, {}));
let google = await timed("Google's emulators", askGoogle);
// They lose a race now and then on a busy machine; nothing of ours is asked twice.
if (!("missing" in google) && failsUnexpectedly(google, knownDifferences)) {
  const again = await timed("Google's emulators, asked again", askGoogle);
  if (!("missing" in again)) google = bestOf(google, again);
}
const asked = "missing" in google ? undefined : google;
const { rows, problems } = judge(embedded, asked, knownDifferences);
console.log(`\n${tableOf(rows)}`);
if ("missing" in google) {
  console.log(`\nGoogle's emulators were not asked. ${google.missing}.`);
  if (process.env["REQUIRE_GOOGLE_EMULATORS"] === "1") problems.push(google.missing);
}
for (const problem of problems) console.error(`\n${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
