// Fills a folder with the state of a local cloud. `fill.ts before FOLDER OPTIONS` writes the state before a generated
// day. A second call with `day` and the same options adds the day. The functions' own code runs, without the services
// around the code. OPTIONS is JSON such as '{"seed":1,"events":1000,"day":"2026-11-19"}'.
import { setClockSource } from "../../../../shared/clock.ts";
import { setLogSink } from "../../../../shared/log.ts";
import { LOCAL_MAIL } from "../../../../shared/mail/mail-config.ts";
import { openStorage } from "../../../local-cloud/storage.ts";
import { functionFiles } from "../../../plan/load-functions.ts";
import type { DayOptions } from "./day-traffic.ts";
import { createDayTraffic } from "./day-traffic.ts";
import { DocumentStore, useStore } from "./document-store.ts";
import { useStandIns } from "./stand-ins.ts";

const [, , step, folder = "", json = "{}"] = process.argv;
const options: DayOptions = JSON.parse(json);
const endMs = Date.now();
let nowMs = Date.parse(options.day);

/** SQLite cache. Ids of the ledger and the archive are hashes, so writes touch the whole index. */
const CACHE_KIB = 400_000;

Object.assign(process.env, {
  GCP_PROJECT_ID: "demo-pulsecart",
  CALLER_AUTH: "verify",
  CALLER_AUTH_KEYS: '{"keys":[]}',
  ...LOCAL_MAIL,
});
setClockSource(() => nowMs);
setLogSink(() => undefined);
useStandIns();

const storage = openStorage(folder);
storage.db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
const store = new DocumentStore(storage, {
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
if (step === "before") fillHistory(traffic);
else await fillDay(traffic, { set }, endMs);
store.close();
storage.close();

/** Tells whether a function runs on a filled day: every reaction, and the timers and effects that its events cause. */
function isPartOfADay(file: string): boolean {
  if (file.startsWith("reactions/"))
    return !["consumers/adopt.ts", "consumers/dead-letters.ts"].includes(file);
  return ["timers/abandon-cart.ts", "timers/check-stock.ts", "effects/send-mail.ts"].includes(file);
}

function isReaction(value: unknown): value is { declaration: { name: string; types: readonly string[] } } {
  return typeof value === "function" && "declaration" in value && "types" in (value.declaration as object);
}
