import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { setLogSink } from "../../shared/log.ts";
import { UnusableData } from "../local-cloud/storage.ts";
import { printForPeople } from "./print-log.ts";
import type { RuntimeOptions } from "./runtime.ts";
import { startRuntime } from "./runtime.ts";

const MAX_PORT = 65_535;

/** How often a look is taken whether npm, which started us, is still there: it does not pass on every signal. */
const PARENT_CHECK_MS = 1_000;

/** What is started, by which command; by itself `npm start` on the embedded services. */
export interface Started {
  command: string;
  /** What it stands on cannot keep data in a folder. */
  forgets?: true;
  runtime: Omit<RuntimeOptions, "port" | "data">;
}

/** Starts the runtime that the command line asks for, says so, and ends it on a signal or when npm is gone. */
export async function start(
  args: readonly string[],
  started: Started = { command: "npm start", runtime: {} },
): Promise<void> {
  const startedMs = performance.now();
  const options = optionsOf(args, started);
  setLogSink(printForPeople);
  const runtime = await startRuntime({ ...started.runtime, ...options }).catch((error: unknown) =>
    stop(startFailure(error, started)),
  );
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(welcome(runtime, seconds, started));
  let isEnding = false;
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    void runtime.close().then(() => process.exit(0));
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && end(), PARENT_CHECK_MS).unref();
}

/** What the flags say; ends the process with a sentence where they say nothing sensible. */
export function optionsOf(
  args: readonly string[],
  { command, forgets }: Pick<Started, "command" | "forgets">,
): { port?: number; data?: string } {
  try {
    const options = { port: { type: "string" }, data: { type: "string" } } as const;
    const { port, data } = parseArgs({ args: [...args], options }).values;
    if (data !== undefined && forgets) stop("--data is for npm start: Google's emulators keep nothing.");
    if (data === "") stop("--data takes the name of a folder.");
    return {
      ...(port !== undefined && { port: portOf(port) }),
      ...(data !== undefined && { data: resolve(data) }),
    };
  } catch (error) {
    const flags = forgets ? "--port 8000" : "--port 8000 --data DIR";
    stop(`${error instanceof Error ? error.message : error}\nUsage: ${command} [-- ${flags}]`);
  }
}

function portOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= MAX_PORT) return Number(text);
  stop("--port takes a number from 0 (any free port) to 65535.");
}

function startFailure(error: unknown, { command }: Started): string {
  if (error instanceof UnusableData) return error.message;
  const { code, port } = Object(error) as { code?: unknown; port?: unknown };
  if (code === "EADDRINUSE")
    return `Port ${port} is in use. Stop what listens there, or: ${command} -- --port 8001`;
  if (code === "EACCES")
    return `Port ${port} may not be used without more rights. Try: ${command} -- --port 8000`;
  return `PulseCart could not start: ${error instanceof Error ? error.stack : error}`;
}

export function stop(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function welcome(
  { url, status, functions }: Awaited<ReturnType<typeof startRuntime>>,
  seconds: string,
  { forgets }: Started,
): string {
  const { firestore, pubsub, tasks, scheduler, project_id: projectId, data } = status();
  const names = functions.map(({ declaration }) => declaration.name).join(" ");
  return `
PulseCart is ready at ${url} (${seconds} s)

  functions  ${names}
  firestore  ${firestore}   pubsub     ${pubsub}
  tasks      ${tasks}   scheduler  ${scheduler}   project  ${projectId}
  data       ${data ?? `ends with this process${forgets ? "" : "; npm start -- --data DIR keeps it"}`}

Try, in another terminal:

  curl ${url}/events/ingest -H 'content-type: application/json' -d '{"event_type": "cart.item_added",
    "user_id": "usr_1", "session_id": "sess_1", "payload": {"product_id": "prod_1", "quantity": 1, "unit_price": 89.99}}'

  curl ${url}/__local/clock/advance -H 'content-type: application/json' -d '{"seconds": 7200}'

  curl ${url}/__local/status

Mails end in ${url}/__local/inbox

Ctrl-C ends it. What happens from here on:

`;
}
