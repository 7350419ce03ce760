import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findGoogleEmulators } from "../google/emulators.ts";

/**
 * `npm run test:google` runs the tests of functions and shared code on Google's Firestore and Pub/Sub emulators. The
 * tests of our own emulators and tools do not run: the conformance suite compares our emulators with Google's.
 */
const OWN_EMULATOR_TESTS =
  "/scripts/(start|local-cloud|google|measure/bench|docs|verify/(conformance|model|simulate|crash|chaos)|operate/tools)/";

/** Tests that move Firestore's clock. Google's emulator has no such control. */
const CLOCK_TESTS =
  "/(functions/(schedules/roll-up|http/daily-numbers)|shared/day-close/reconcile/reconcile)\\.test\\.ts$";

/** Timeout of one test. Each world starts two Java processes, and backoffs take real time. */
const TEST_TIMEOUT_MS = 180_000;

const root = fileURLToPath(new URL("../..", import.meta.url));
const jest = join(dirname(createRequire(import.meta.url).resolve("jest/package.json")), "bin", "jest.js");

const found = findGoogleEmulators();
if ("missing" in found) {
  console.log(`Tests not run: ${found.missing}.`);
  process.exitCode = process.env["REQUIRE_GOOGLE_EMULATORS"] === "1" ? 1 : 0;
} else {
  const options = [
    "--maxWorkers=2",
    `--testTimeout=${TEST_TIMEOUT_MS}`,
    `--testPathIgnorePatterns=${OWN_EMULATOR_TESTS}|${CLOCK_TESTS}`,
  ];
  // Paths stand before the patterns: Jest would read a path after them as one more pattern.
  const child = spawn(process.execPath, [jest, ...process.argv.slice(2), ...options], {
    cwd: root,
    env: { ...process.env, PULSECART_TEST_ON: "google" },
    stdio: "inherit",
  });
  child.once("close", code => {
    process.exitCode = code ?? 1;
  });
}
