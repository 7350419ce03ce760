// `npm run test:emulators`: plays the tour on `npm run emulators`, and checks the differences of Google's triggers.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { installedFirebaseTools } from "./firebase-tools.ts";
import type { EmulatorBinaries } from "./google-binaries.ts";
import { findEmulatorBinaries } from "./google-binaries.ts";
import { lookAtTriggerPath } from "./trigger-path.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = (path: string): string => join(root, "scripts", path);

/** The answer that differs, because firebase-tools reads every body before the function does. */
const NOT_JSON = "a body that is not JSON is answered by PulseCart | by the emulator, with a page";

const folder = mkdtempSync(join(tmpdir(), "pulsecart-emulators-"));
try {
  const binaries = findEmulatorBinaries(folder);
  if ("missing" in binaries) {
    console.log(`Not run: ${binaries.missing}.`);
    process.exitCode = process.env["REQUIRE_GOOGLE_EMULATORS"] === "1" ? 1 : 0;
  } else process.exitCode = (await run(binaries)) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function run(binaries: EmulatorBinaries): Promise<boolean> {
  const command = installedFirebaseTools(console.log);
  console.log("npm start and the service | firebase emulators:start");
  const differences = await lookAtTriggerPath(command, binaries);
  for (const { ours, theirs, differs } of differences)
    console.log(`${differs ? "  differs" : "✗ no more"}: ${ours} | ${theirs}`);
  return (await onEmulators(playTour)) && differences.every(({ differs }) => differs);
}

async function playTour(url: string): Promise<boolean> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${url}/events/ingest`, { method: "POST", headers, body: "{" });
  const isTheirs = !answer.headers.get("content-type")?.includes("problem+json");
  console.log(`${isTheirs ? "  differs" : "✗ no more"}: ${NOT_JSON}`);
  const tour = spawn(process.execPath, [script("tour/tour.ts"), "--url", url], { stdio: "inherit" });
  const [code] = await once(tour, "close");
  return code === 0 && isTheirs;
}

/**
 * Starts `npm run emulators` for a check.
 * @throws Error when the start fails
 */
async function onEmulators(check: (url: string) => Promise<boolean>): Promise<boolean> {
  const args = [script("emulators/main.mjs"), "--port", "0"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const ready = new Promise<string>(resolve => {
    createInterface(child.stdout).on("line", line => {
      const url = /PulseCart is ready at (\S+)/.exec(line)?.[1];
      if (url !== undefined) resolve(url);
      // Only trouble is printed.
      if (/trigger\.lost|was killed/.test(line)) console.log(line);
    });
  });
  const url = await Promise.race([ready, ended.then(() => undefined)]);
  if (url === undefined) throw new Error("npm run emulators ended before its start was complete.");
  try {
    return await check(url);
  } finally {
    child.kill("SIGINT");
    await ended;
  }
}
