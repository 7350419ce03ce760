// Fills a folder with the state of a local cloud before a generated day, and in a second call with that day:
// `node scripts/measure/bench/fill/fill.ts before FOLDER '{"seed":1,"events":1000,"day":"2026-11-19"}'`, then `... day FOLDER`
// with the same. The functions' own code does it, without the services around it.
import { setClockSource } from "../../../../shared/clock.ts";
import { setLogSink } from "../../../../shared/log.ts";
import { LOCAL_MAIL } from "../../../../shared/mail/mail-config.ts";
import { openStorage } from "../../../local-cloud/storage.ts";
import { functionFiles } from "../../../plan/load-functions.ts";
import type { DayOptions } from "./day-traffic.ts";
import { createDayTraffic } from "./day-traffic.ts";
import { createDocumentStore, useStore } from "./document-store.ts";
import { replaceSeams } from "./seams.ts";

const [, , what, folder = "", json = "{}"] = process.argv;
const options: DayOptions = JSON.parse(json);
const endMs = Date.now();
let nowMs = Date.parse(options.day);

/** Ids of the ledger and the archive are hashes: the whole index is in use at any time. */
const CACHE_KIB = 400_000;

Object.assign(process.env, {
  GCP_PROJECT_ID: "demo-pulsecart",
  CALLER_AUTH: "verify",
  CALLER_AUTH_KEYS: '{"keys":[]}',
  ...LOCAL_MAIL,
});
setClockSource(() => nowMs);
setLogSink(() => undefined);
replaceSeams();

const storage = openStorage(folder);
storage.db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
const store = createDocumentStore(storage, {
  database: "projects/demo-pulsecart/databases/(default)",
  now: () => nowMs,
});
useStore(store);
const { subscribe } = await import("./deliveries.ts");
for (const file of functionFiles().filter(isPartOfADay)) {
  const loaded: Record<string, unknown> = await import(`../../../../functions/${file}`);
  for (const one of Object.values(loaded))
    if (isReaction(one)) subscribe(one.declaration.name, one.declaration.types);
}
const { fillDay, fillHistory } = await import("./fill-day.ts");
const set = (ms: number): void => {
  nowMs = ms;
};
const traffic = createDayTraffic(options);
if (what === "before") fillHistory(traffic);
else await fillDay(traffic, { set }, endMs);
store.close();
storage.close();

/** Of the timers, those that a day sets off; what only takes what others could not handle has nothing to do. */
function isPartOfADay(file: string): boolean {
  if (file.startsWith("reactions/"))
    return !["consumers/adopt.ts", "consumers/dead-letters.ts"].includes(file);
  return ["timers/abandon-cart.ts", "timers/check-stock.ts", "effects/send-mail.ts"].includes(file);
}

function isReaction(value: unknown): value is { declaration: { name: string; types: readonly string[] } } {
  return typeof value === "function" && "declaration" in value && "types" in (value.declaration as object);
}
