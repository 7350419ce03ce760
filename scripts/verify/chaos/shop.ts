import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { listenLocally } from "../../local-cloud/listen.ts";
import type { HostedFunction } from "../../plan/load-functions.ts";
import { functionFiles } from "../../plan/load-functions.ts";
import { createGateway } from "../../start/gateway.ts";
import { createForwarder, forwardersFor } from "./forward.ts";
import type { FunctionProcesses } from "./function-processes.ts";
import { startFunctionProcesses } from "./function-processes.ts";
import { freePorts } from "./ports.ts";
import type { ServicesProcess } from "./services.ts";
import { startServicesProcess } from "./services.ts";
import { openSharedClock } from "./shared-clock.ts";

/** A PulseCart of many processes, any of which can be killed. */
export interface Shop {
  /** Where its public paths and those of the local cloud answer; it waits for whoever is being started. */
  url: string;
  /** The names of its functions. */
  names: readonly string[];
  functions: FunctionProcesses;
  services: ServicesProcess;
  /** The time of its clock, in milliseconds. */
  now(): number;
  /** What everybody in it has printed, and answered when they refused something. */
  logs: string;
  /** Ends all of its processes. */
  close(): Promise<void>;
}

export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** A folder for everything of one run: bundles, logs, data. */
export function makeRunFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-chaos-"));
  mkdirSync(join(folder, "logs"));
  // The bundles find the functions-framework there.
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

export interface ShopWanted {
  /** Google's own Firestore and Pub/Sub emulators instead of ours. */
  isGoogle: boolean;
  /** After so long a cart is abandoned. */
  idleMs: number;
  /** The names of its functions; every function where nothing is said. */
  only?: readonly string[];
}

/** Builds its functions and starts them, in this folder; the local cloud first. */
export async function openShop(folder: string, { isGoogle, idleMs, only }: ShopWanted): Promise<Shop> {
  const bundles = join(folder, "bundles");
  const clock = join(folder, "clock");
  const logs = join(folder, "logs");
  const logOf = (name: string): string => join(logs, `${name}.log`);
  const names = only ?? functionFiles().map(file => basename(file, ".ts"));
  const [ports] = await Promise.all([choosePorts(names), build(bundles, names)]);
  const { port, functionPorts } = ports;
  const files = { clock, data: join(folder, "data"), answers: logOf("answers-to-deliveries") };
  const services = await startServicesProcess({ ...ports, ...files, isGoogle }, logOf("local-cloud"));
  const closing: (() => unknown)[] = [services.close];
  const close = async (): Promise<void> => void (await Promise.all(closing.map(end => end())));
  try {
    const time = openSharedClock(clock);
    closing.push(time.close);
    const environment = { ...services.environment, ABANDON_AFTER_SECONDS: String(idleMs / 1_000) };
    const wanted = { bundles, ports: functionPorts, environment, clock, logOf };
    const functions = await startFunctionProcesses(wanted);
    closing.push(functions.close);
    const forwarders = forwardersFor(services.declarations, functionPorts, logOf("answers"));
    const front = await openFront(forwarders, port);
    closing.push(front.close);
    const url = `http://127.0.0.1:${front.port}`;
    return { url, names, functions, services, now: time.now, logs, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(bundles: string, names: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [join(root, "esbuild.config.mjs"), bundles, ...names]);
}

/** Chosen before anything starts: whoever is started again answers where it did before. */
async function choosePorts(names: readonly string[]) {
  const chosen = await freePorts(5 + names.length);
  const [port = 0, firestore = 0, pubsub = 0, tasks = 0, scheduler = 0, ...rest] = chosen;
  const functionPorts = Object.fromEntries(names.map((name, index) => [name, rest[index] ?? 0]));
  return { port, ports: { firestore, pubsub, tasks, scheduler }, functionPorts };
}

/** One address for the functions and the local cloud, which goes on when any of them is killed. */
function openFront(forwarders: readonly HostedFunction[], localPort: number) {
  const gateway = createGateway();
  const mayRepeat = (path: string) => !path.endsWith("/clock/advance");
  gateway.serve(forwarders, createForwarder({ port: localPort, mayRepeat }));
  return listenLocally(gateway.server, 0);
}
