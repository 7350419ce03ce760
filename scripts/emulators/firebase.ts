import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort, killWithUs } from "../google/java-process.ts";

/** `firebase emulators:start`, ready. */
export interface Firebase {
  /** host:port of each. */
  hosts: Record<(typeof EMULATORS)[number], string>;
  close(): Promise<void>;
}

export interface FirebaseWanted {
  /** The command of firebase-tools. */
  command: string;
  project: string;
  /** The folder of the functions, with their functions.yaml. */
  source: string;
  /** Where it writes its logs. */
  folder: string;
  environment: Readonly<Record<string, string>>;
  onLine(line: string): void;
  /** It ended, whoever wanted that. */
  onEnd(why: string): void;
}

const EMULATORS = ["functions", "firestore", "pubsub"] as const;

const root = fileURLToPath(new URL("../..", import.meta.url));

const READY = /All emulators ready/;
/** Ready after five seconds on a quiet machine; a download may come first. */
const READY_WITHIN_MS = 180_000;
const KEPT_LINES = 60;

/** @throws Error with its last lines when it ends first or is not ready after three minutes */
export async function startFirebase(wanted: FirebaseWanted): Promise<Firebase> {
  const { command, project, source, folder, environment, onLine, onEnd } = wanted;
  const { config, hosts, remove } = await writeConfig(source);
  const args = ["emulators:start", "--project", project, "--config", config, "--only", EMULATORS.join(",")];
  // Ctrl-C is for whoever started it: two of them end it without its Java processes.
  const options = { cwd: folder, env: { ...process.env, ...environment }, detached: true } as const;
  const child = spawn(process.execPath, [command, ...args], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const letGo = killWithUs(child, "SIGINT");
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
    await end(child, gone);
    letGo();
    remove();
  };
  const outcome = await Promise.race([
    ready,
    gone.then(([code]) => `it ended with ${code}`),
    delay(READY_WITHIN_MS, `it is not ready after ${READY_WITHIN_MS / 1000} s`, { ref: false }),
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

/** Our firebase.json with ports that are free. It has to lie at the functions' source or above. */
async function writeConfig(
  source: string,
): Promise<{ config: string; hosts: Firebase["hosts"]; remove(): void }> {
  const { functions, emulators } = JSON.parse(readFileSync(join(root, "firebase.json"), "utf8"));
  const taken = await Promise.all([...EMULATORS, "websocket", "hub", "logging"].map(freePort));
  const [functionsPort, firestorePort, pubsubPort, websocketPort, hub, logging] = taken;
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

/** Once: it waits up to a minute for functions that run, and a second signal would end it without its Java processes. */
async function end(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGINT");
  await gone;
}
