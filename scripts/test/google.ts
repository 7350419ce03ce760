import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findGoogleEmulators } from "../google/emulators.ts";

/**
 * `npm run test:google`: every test of the functions and of what they share, on Google's own Firestore and Pub/Sub
 * emulators. Left out are the embedded services' own tests; the conformance suite compares those with Google's.
 */
const NOT_ASKED =
  "/scripts/(start|local-cloud|google|measure/bench|docs|verify/(conformance|model|simulate|crash|chaos)|operate/tools)/";

/** What goes by Firestore's own clock, which the embedded one lets a test move and Google's does not. */
const NOT_IN_TIME =
  "/(functions/(schedules/roll-up|http/daily-numbers)|shared/day-close/reconcile/reconcile)\\.test\\.ts$";

/** Each world starts two Java processes of its own, and real backoffs pass. */
const TEST_TIMEOUT_MS = 180_000;

const root = fileURLToPath(new URL("../..", import.meta.url));
const jest = join(dirname(createRequire(import.meta.url).resolve("jest/package.json")), "bin", "jest.js");

const found = findGoogleEmulators();
if ("missing" in found) {
  console.log(`Not run: ${found.missing}.`);
  process.exitCode = process.env["REQUIRE_GOOGLE_EMULATORS"] === "1" ? 1 : 0;
} else {
  const options = [
    "--maxWorkers=2",
    `--testTimeout=${TEST_TIMEOUT_MS}`,
    `--testPathIgnorePatterns=${NOT_ASKED}|${NOT_IN_TIME}`,
  ];
  // Behind the patterns a path would be one more of them.
  const child = spawn(process.execPath, [jest, ...process.argv.slice(2), ...options], {
    cwd: root,
    env: { ...process.env, PULSECART_TEST_ON: "google" },
    stdio: "inherit",
  });
  child.once("close", code => {
    process.exitCode = code ?? 1;
  });
}
