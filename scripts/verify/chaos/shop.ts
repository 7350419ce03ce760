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
import { FunctionProcesses } from "./function-processes.ts";
import { freePorts } from "./ports.ts";
import type { ServicesProcess } from "./services.ts";
import { startServicesProcess } from "./services.ts";
import { openSharedClock } from "./shared-clock.ts";

/** A PulseCart of many processes, each of which can be killed. */
export interface Shop {
  /** The address of the public paths and of `/__local`. Requests wait while a process behind this address restarts. */
  url: string;
  /** The names of the functions. */
  names: readonly string[];
  functions: FunctionProcesses;
  services: ServicesProcess;
  /** The time of the shop's clock, in milliseconds since the Unix epoch. */
  now(): number;
  /** The folder with the output of all processes, and with the answers of status 400 and above. */
  logs: string;
  /** Ends all processes. */
  close(): Promise<void>;
}

export const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Creates a temporary folder for the bundles, logs and data of one run. */
export function makeRunFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-chaos-"));
  mkdirSync(join(folder, "logs"));
  // The bundles import the functions-framework from here.
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

export interface ShopOptions {
  /** Uses Google's own Firestore and Pub/Sub emulators instead of ours. */
  isGoogle: boolean;
  /** Idle time after which a cart is abandoned. */
  idleMs: number;
  /** Names of the functions to start; absent: all. */
  only?: readonly string[];
}

/** Builds the functions into a folder, starts the local cloud, then the functions. */
export async function openShop(folder: string, { isGoogle, idleMs, only }: ShopOptions): Promise<Shop> {
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
    const options = { bundles, ports: functionPorts, environment, clock, logOf };
    const functions = await FunctionProcesses.start(options);
    closing.push(() => functions.close());
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

/** Chooses all ports before the first start: a restarted process listens on the same port again. */
async function choosePorts(names: readonly string[]) {
  const chosen = await freePorts(5 + names.length);
  const [port = 0, firestore = 0, pubsub = 0, tasks = 0, scheduler = 0, ...rest] = chosen;
  const functionPorts = Object.fromEntries(names.map((name, index) => [name, rest[index] ?? 0]));
  return { port, ports: { firestore, pubsub, tasks, scheduler }, functionPorts };
}

/** Opens one address for the functions and the local cloud. The address stays open when a process is killed. */
function openFront(forwarders: readonly HostedFunction[], localPort: number) {
  const gateway = createGateway();
  const mayRepeat = (path: string) => !path.endsWith("/clock/advance");
  gateway.serve(forwarders, createForwarder({ port: localPort, mayRepeat }));
  return listenLocally(gateway.server, 0);
}
