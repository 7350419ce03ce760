import { resolve } from "node:path";
import { setLogSink } from "../../shared/log.ts";
import { matching, optional, wholeNumber } from "../cli/flag-values.ts";
import { flag, helpOf, readFlags } from "../cli/flags.ts";
import { UsageError } from "../cli/usage.ts";
import { UnusableData } from "../local-cloud/storage.ts";
import { printLogLine } from "./print-log.ts";
import { producersIn, producersLine } from "./producers-file.ts";
import type { LocalRuntime, RuntimeOptions } from "./runtime.ts";
import { startRuntime } from "./runtime.ts";

const MAX_PORT = 65_535;

/** Interval of the check whether npm, the parent process, still runs. npm does not forward every signal. */
const PARENT_CHECK_MS = 1_000;

/** A runtime, and the command whose name appears in its messages. */
export interface Started {
  command: string;
  /** True: the services cannot keep data in a folder, so `--data` is refused. */
  forgets?: true;
  runtime: Omit<RuntimeOptions, "port" | "data" | "producers">;
}

/**
 * Starts the runtime of the command line and prints its addresses. A signal, or the end of npm, ends the runtime.
 * @param started default: `npm start` on the embedded services
 */
export async function start(
  args: readonly string[],
  started: Started = { command: "npm start", runtime: {} },
): Promise<void> {
  const startedMs = performance.now();
  const options = optionsOf(args, started);
  setLogSink(printLogLine);
  const runtime = await startRuntime({ ...started.runtime, ...options }).catch((error: unknown) =>
    stop(startFailure(error, started)),
  );
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(welcome(runtime, seconds, started));
  closeAtEnd(runtime);
}

/** Closes the runtime on a signal, or when npm has ended. */
function closeAtEnd(runtime: LocalRuntime): void {
  let isClosing = false;
  const close = (): void => {
    if (isClosing) return;
    isClosing = true;
    void runtime.close().then(() => process.exit(0));
  };
  process.once("SIGINT", close);
  process.once("SIGTERM", close);
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && close(), PARENT_CHECK_MS).unref();
}

type Command = Pick<Started, "command" | "forgets">;

/**
 * Reads the flags. `--help` prints the help and ends the process; an unusable flag ends the process with a sentence.
 */
export function optionsOf(
  args: readonly string[],
  command: Command,
): Pick<RuntimeOptions, "port" | "data" | "producers"> {
  const line = { ...command, about: command.forgets ? ABOUT_EMULATORS : ABOUT_START, flags: FLAGS };
  try {
    const flags = readFlags(line, args);
    if (flags === undefined) return printHelp(helpOf(line));
    const { port, data, producers } = flags;
    if (data !== undefined && command.forgets)
      stop("--data is for npm start: Google's emulators keep nothing.");
    if (producers !== undefined && command.forgets) stop("--producers is for npm start.");
    return {
      port,
      data: data === undefined ? undefined : resolve(data),
      producers: producers === undefined ? undefined : producersIn(producers),
    };
  } catch (error) {
    if (error instanceof UsageError) stop(error.message);
    throw error;
  }
}

const ABOUT_START = "Starts PulseCart on this machine, with all Google services inside the process.";
const ABOUT_EMULATORS = "Starts PulseCart on Google's emulators.";

const FLAGS = {
  port: flag(optional(wholeNumber({ least: 0, most: MAX_PORT })), {
    value: "PORT",
    about: "port of the shop; 0 takes any free port. Default: the port of the data folder, or 8000",
  }),
  data: flag(optional(matching(/./s, "the name of a folder")), {
    value: "DIR",
    about: "folder that keeps all state and the clock, for npm start only. Default: nothing is kept",
  }),
  producers: flag(optional(matching(/./s, "the name of a file")), {
    value: "FILE",
    about: "JSON list of the systems that may report events. Default: every caller may report every type",
  }),
};

function printHelp(help: string): never {
  process.stdout.write(`${help}\n`);
  process.exit(0);
}

function startFailure(error: unknown, { command }: Started): string {
  if (error instanceof UnusableData) return error.message;
  const { code, port } = Object(error) as { code?: unknown; port?: unknown };
  if (code === "EADDRINUSE") return `Port ${port} is in use. Stop its process, or: ${command} -- --port 8001`;
  if (code === "EACCES") return `Port ${port} needs more rights. Try: ${command} -- --port 8000`;
  return `PulseCart could not start: ${error instanceof Error ? error.stack : error}`;
}

/** Ends the process with exit code 1 and a sentence on stderr. */
export function stop(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function welcome({ url, status, functions }: LocalRuntime, seconds: string, { forgets }: Started): string {
  const { firestore, pubsub, tasks, scheduler, project_id: projectId, data } = status();
  const names = functions.map(({ declaration }) => declaration.name).join(" ");
  return `
PulseCart is ready at ${url} (${seconds} s)

  functions  ${names}
  firestore  ${firestore}   pubsub     ${pubsub}
  tasks      ${tasks}   scheduler  ${scheduler}   project  ${projectId}
  producers  ${producersLine(process.env["PRODUCERS"])}
  data       ${data ?? `ends with this process${forgets ? "" : "; npm start -- --data DIR keeps it"}`}

Try, in another terminal:

  curl ${url}/events/ingest -H 'content-type: application/json' -d '{"event_type": "cart.item_added",
    "user_id": "usr_1", "session_id": "sess_1", "payload": {"product_id": "prod_1", "quantity": 1, "unit_price": 89.99}}'

  curl ${url}/__local/clock/advance -H 'content-type: application/json' -d '{"seconds": 7200}'

  curl ${url}/__local/status

Sent mails appear in ${url}/__local/inbox

Ctrl-C ends the process. The log of all functions follows:

`;
}
