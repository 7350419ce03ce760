import * as v from "valibot";
import { optional, wholeNumber } from "../../cli/flag-values.ts";
import { flag } from "../../cli/flags.ts";
import type { GoogleEmulators } from "../../google/emulators.ts";
import { findGoogleEmulators, startGoogleFirestore, startGooglePubSub } from "../../google/emulators.ts";
import { benchFlags } from "./bench-flags.ts";
import { startChild } from "./child.ts";
import { measureEverything } from "./everything.ts";
import type { Compared, Measure } from "./measure.ts";
import { compare } from "./measure.ts";
import { batchPublishes, singlePublishes } from "./publishes.ts";
import { orderedPushes, unorderedPushes } from "./pushes.ts";
import { contendedTransactions } from "./race.ts";
import type { ComparisonRow } from "./table.ts";
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
const MAX_MEMORY_BYTES = 400e6;
/** Bounds of the flags. */
const [MAX_ROUNDS, MAX_EVENTS] = [1_000, 9_999_999];

const { only, rounds, events } = benchFlags({
  command: "npm run bench:local",
  about: `Measures the local services against Google's own emulators, and the memory of a whole PulseCart.
REQUIRE_GOOGLE_EMULATORS=1 lets the command fail when Google's emulators are not installed.`,
  flags: {
    only: flag(optional(v.string()), {
      value: "WORDS",
      about: "only measurements with these words in their name, such as push or memory",
    }),
    rounds: flag(v.optional(wholeNumber({ least: 0, most: MAX_ROUNDS }), String(ROUNDS)), {
      value: "N",
      about: `rounds per measurement, default ${ROUNDS}`,
    }),
    events: flag(v.optional(wholeNumber({ least: 0, most: MAX_EVENTS }), String(EVENTS)), {
      value: "N",
      about: `events through ingest before memory is measured, default ${EVENTS}; 0 skips that`,
    }),
  },
});
// Without this setting the clients look for Google's metadata server before their first call.
process.env["METADATA_SERVER_DETECTION"] = "none";
const found = findGoogleEmulators();
const rows: ComparisonRow[] = [];
for (const measure of MEASURES.filter(({ name }) => wanted(name))) {
  process.stderr.write(`${measure.name} ...\n`);
  rows.push(rowOf(await compareOnce(measure)));
}
if (events > 0 && wanted("memory")) rows.push(...(await memoryRows()));
process.stdout.write(`\n${renderTable(rows)}\n`);
const isRequired = process.env["REQUIRE_GOOGLE_EMULATORS"] === "1";
if ("missing" in found) process.stdout.write(`\nNo comparison. ${found.missing}\n`);
process.exit(rows.some(({ ok }) => ok === false) || (isRequired && "missing" in found) ? 1 : 0);

function wanted(name: string): boolean {
  return name.toLowerCase().includes((only ?? "").toLowerCase());
}

/** Runs a measurement on newly started servers, so that data of an earlier measurement cannot change the result. */
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

async function memoryRows(): Promise<ComparisonRow[]> {
  const name = `Memory of everything after ${events.toLocaleString("en")} events`;
  process.stderr.write(`${name} ...\n`);
  const used = await measureEverything(events);
  const row = (measure: string, bytes: number): ComparisonRow => ({
    measure,
    embedded: megabytes(bytes),
    google: "",
    ratio: "",
    bound: `< ${megabytes(MAX_MEMORY_BYTES)}`,
    ok: bytes < MAX_MEMORY_BYTES,
  });
  const pace = `${used.acceptedPerSecond.toFixed(0)} accepted/s, ${used.handledPerSecond.toFixed(0)} handled/s`;
  process.stderr.write(`  ${megabytes(used.startBytes)} when ready; ${pace}\n`);
  return [row(name, used.finalBytes), row("  at its peak", used.peakBytes)];
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
