import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort, killWithUs } from "../google/java-process.ts";

/** A running `firebase emulators:start`. */
export interface Firebase {
  /** Host and port of each emulator. */
  hosts: Record<(typeof EMULATORS)[number], string>;
  close(): Promise<void>;
}

/** The options of a start. */
export interface FirebaseOptions {
  /** The command of firebase-tools. */
  command: string;
  project: string;
  /** The folder of the functions, with their functions.yaml. */
  source: string;
  /** The folder for its logs. */
  folder: string;
  environment: Readonly<Record<string, string>>;
  onLine(line: string): void;
  /** Called when the process ends, also on request. */
  onEnd(why: string): void;
}

const EMULATORS = ["functions", "firestore", "pubsub"] as const;

const root = fileURLToPath(new URL("../..", import.meta.url));

const READY = /All emulators ready/;
/** Max time until the emulators are ready: five seconds on an idle machine, longer with a download. */
const READY_TIMEOUT_MS = 180_000;
/** Lines of output that an error shows. */
const KEPT_LINES = 60;

/**
 * Starts the emulators.
 * @throws Error with the last lines of output when the process ends, or is not ready after three minutes
 */
export async function startFirebase(wanted: FirebaseOptions): Promise<Firebase> {
  const { command, project, source, folder, environment, onLine, onEnd } = wanted;
  const { config, hosts, remove } = await writeConfig(source);
  const args = ["emulators:start", "--project", project, "--config", config, "--only", EMULATORS.join(",")];
  // Detached, because a second Ctrl-C would end firebase-tools without its Java processes.
  const options = { cwd: folder, env: { ...process.env, ...environment }, detached: true } as const;
  const child = spawn(process.execPath, [command, ...args], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stopWatching = killWithUs(child, "SIGINT");
  const lines: string[] = [];
  const ready = new Promise<void>(resolve => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on("line", line => {
        if (READY.test(line)) resolve();
        lines.splice(0, lines.length - KEPT_LINES + 1);
        lines.push(line);
        appendFileSync(join(folder, "firebase.log"), `${line}\n`);
        onLine(line);
      });
    }
  });
  const gone = once(child, "close");
  const close = async (): Promise<void> => {
    await endProcess(child, gone);
    stopWatching();
    remove();
  };
  const outcome = await Promise.race([
    ready,
    gone.then(([code]) => `process ended with ${code}`),
    delay(READY_TIMEOUT_MS, `not ready after ${READY_TIMEOUT_MS / 1000} s`, { ref: false }),
  ]);
  if (outcome === undefined) {
    gone.then(([code, signal]) =>
      onEnd(`firebase emulators:start ended with ${signal ?? code}:\n${lines.join("\n")}`),
    );
    return { hosts, close };
  }
  await close();
  throw new Error(`firebase emulators:start failed: ${outcome}\n${lines.join("\n")}`);
}

/** Writes a copy of firebase.json with free ports. firebase-tools demands a file at the functions' source or above. */
async function writeConfig(
  source: string,
): Promise<{ config: string; hosts: Firebase["hosts"]; remove(): void }> {
  const { functions, emulators } = JSON.parse(readFileSync(join(root, "firebase.json"), "utf8"));
  const freePorts = await Promise.all([...EMULATORS, "websocket", "hub", "logging"].map(freePort));
  const [functionsPort, firestorePort, pubsubPort, websocketPort, hub, logging] = freePorts;
  const ports = {
    functions: { port: functionsPort },
    firestore: { port: firestorePort, websocketPort },
    pubsub: { port: pubsubPort },
    hub: { port: hub },
    logging: { port: logging },
  };
  const file = join(source, `firebase.${process.pid}.json`);
  const changed = { functions: { ...functions, source: "." }, emulators: { ...emulators, ...ports } };
  writeFileSync(file, JSON.stringify(changed));
  const hosts = {
    functions: `127.0.0.1:${functionsPort}`,
    firestore: `127.0.0.1:${firestorePort}`,
    pubsub: `127.0.0.1:${pubsubPort}`,
  };
  return { config: file, hosts, remove: () => rmSync(file, { force: true }) };
}

/**
 * Ends the process with one signal. The process waits up to a minute for running functions. A second signal would end
 * it without its Java processes.
 */
async function endProcess(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGINT");
  await gone;
}
