import { parseArgs } from "node:util";
import { wholeNumber } from "../../cli/whole-number.ts";
import type { GoogleEmulators } from "../../google/emulators.ts";
import { findGoogleEmulators, startGoogleFirestore, startGooglePubSub } from "../../google/emulators.ts";
import { startChild } from "./child.ts";
import { measureEverything } from "./everything.ts";
import type { Compared, Measure } from "./measure.ts";
import { compare } from "./measure.ts";
import { batchPublishes, singlePublishes } from "./publishes.ts";
import { orderedPushes, unorderedPushes } from "./pushes.ts";
import { contendedTransactions } from "./race.ts";
import type { Row } from "./table.ts";
import { renderTable, rowOf } from "./table.ts";
import { transactionsAtOnce } from "./transactions.ts";

const MEASURES: readonly Measure[] = [
  transactionsAtOnce(8),
  transactionsAtOnce(32),
  singlePublishes,
  batchPublishes,
  unorderedPushes,
  orderedPushes,
  contendedTransactions,
];

const ROUNDS = 5;
const EVENTS = 100_000;
const MOST_MEMORY_BYTES = 400e6;

const USAGE = `Measures the local services against Google's own emulators, and the memory of all of it.

npm run bench:local [-- --only WORDS] [--rounds ${ROUNDS}] [--events ${EVENTS}]

  --only    what has these words in its name, such as push or memory
  --events  how many go through the ingest before the memory is looked at; 0 leaves that out
REQUIRE_GOOGLE_EMULATORS=1 makes it a failure that Google's are not installed.`;

const { only, rounds, events } = readArgs();
// Otherwise the clients look for Google's metadata server before their first call.
process.env["METADATA_SERVER_DETECTION"] = "none";
const found = findGoogleEmulators();
const rows: Row[] = [];
for (const measure of MEASURES.filter(({ name }) => wanted(name))) {
  process.stderr.write(`${measure.name} ...\n`);
  rows.push(rowOf(await compareOnce(measure)));
}
if (events > 0 && wanted("memory")) rows.push(...(await memoryRows()));
process.stdout.write(`\n${renderTable(rows)}\n`);
const isRequired = process.env["REQUIRE_GOOGLE_EMULATORS"] === "1";
if ("missing" in found) process.stdout.write(`\nNothing to compare with. ${found.missing}\n`);
process.exit(rows.some(({ ok }) => ok === false) || (isRequired && "missing" in found) ? 1 : 0);

function readArgs() {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({ options: { only: text, rounds: text, events: text } });
    return {
      only: (values.only ?? "").toLowerCase(),
      rounds: wholeNumber(values.rounds ?? String(ROUNDS)),
      events: wholeNumber(values.events ?? String(EVENTS)),
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}\n`);
    process.exit(2);
  }
}

function wanted(name: string): boolean {
  return name.toLowerCase().includes(only);
}

/** Both servers are fresh ones: what an earlier measure has left in them does not count. */
async function compareOnce(measure: Measure): Promise<Compared> {
  const ours = await startChild("scripts/measure/bench/embedded.ts", [measure.service], /ready at (\S+)/);
  const googles = "missing" in found ? undefined : await startGoogles(measure, found);
  try {
    return await compare(measure, { ours: ours.ready, googles: googles?.host }, rounds);
  } finally {
    await Promise.all([ours.close(), googles?.close()]);
  }
}

function startGoogles({ service }: Measure, emulators: GoogleEmulators) {
  return service === "firestore" ? startGoogleFirestore(emulators) : startGooglePubSub(emulators);
}

async function memoryRows(): Promise<Row[]> {
  const what = `Memory of everything after ${events.toLocaleString("en")} events`;
  process.stderr.write(`${what} ...\n`);
  const used = await measureEverything(events);
  const row = (measure: string, bytes: number): Row => ({
    measure,
    embedded: megabytes(bytes),
    google: "",
    ratio: "",
    bound: `< ${megabytes(MOST_MEMORY_BYTES)}`,
    ok: bytes < MOST_MEMORY_BYTES,
  });
  const pace = `${used.acceptedPerSecond.toFixed(0)} accepted/s, all handled at ${used.handledPerSecond.toFixed(0)}/s`;
  process.stderr.write(`  ${megabytes(used.startBytes)} when it was ready; ${pace}\n`);
  return [row(what, used.finalBytes), row("  at its peak", used.peakBytes)];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
