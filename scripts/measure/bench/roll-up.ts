import * as v from "valibot";
import { ARCHIVE_MARGIN_MS } from "../../../shared/analytics/browse/cursor.ts";
import { browseIndexFields, isBrowseEvent } from "../../../shared/analytics/browse/index-fields.ts";
import { ROLL_UP_LIMITS, rollUpBrowseEvents } from "../../../shared/analytics/browse/roll-up.ts";
import type { FactOf } from "../../../shared/events/catalogue.ts";
import { enrich } from "../../../shared/events/envelope.ts";
import { validate } from "../../../shared/events/validate.ts";
import { documentRef, firestore, timestamp } from "../../../shared/google/firestore.ts";
import { archivedEvents, archiveId } from "../../../shared/pipeline/records/archived-event.ts";
import { wholeNumber } from "../../cli/flag-values.ts";
import { flag } from "../../cli/flags.ts";
import { benchFlags } from "./bench-flags.ts";
import { startChild } from "./child.ts";
import { createShopTraffic } from "./shop-traffic.ts";

// `npm run bench:roll-up`: archives views and searches in a Firestore of its own process. The roll-up then counts them,
// run after run, as fast as possible.

/** Lower bound of the roll-up's rate, in events per second. The archive times follow each other at the same rate. */
const MIN_PER_SECOND = 2_000;
const EVENTS_PER_COMMIT = 500;
const DEFAULT_EVENTS = 60_000;

const { events: wanted } = benchFlags({
  command: "npm run bench:roll-up",
  about: `Measures whether the roll-up counts at least ${MIN_PER_SECOND} archived events per second.`,
  flags: {
    events: flag(v.optional(wholeNumber({ least: 1, most: 9_999_999 }), String(DEFAULT_EVENTS)), {
      value: "N",
      about: `views and searches in the archive, default ${DEFAULT_EVENTS}`,
    }),
  },
});
const server = await startChild("scripts/measure/bench/embedded.ts", ["firestore"], /ready at (\S+)/);
Object.assign(process.env, {
  FIRESTORE_EMULATOR_HOST: server.ready,
  METADATA_SERVER_DETECTION: "none",
  GCP_PROJECT_ID: "demo-bench",
  CALLER_AUTH: "iam",
});

const traffic = createShopTraffic(1);
for (let at = 0; at < wanted; at += EVENTS_PER_COMMIT) {
  await archiveSome(Math.min(EVENTS_PER_COMMIT, wanted - at), at);
  // Queries the almost empty archive once, so that the local Firestore creates its index early, as in production.
  if (at === 0) await rollUpBrowseEvents({ ...ROLL_UP_LIMITS, pagesPerGroup: 0 });
}
const cpu = process.cpuUsage();
const beganMs = performance.now();
let counted = 0;
let runs = 0;
for (let unfinished = 1; unfinished > 0; runs += 1) {
  const did = await rollUpBrowseEvents();
  counted += did.events;
  unfinished = did.unfinished;
}
const seconds = (performance.now() - beganMs) / 1000;
const { user, system } = process.cpuUsage(cpu);
const perSecond = counted / seconds;
const isKept = counted === wanted && perSecond >= MIN_PER_SECOND;
process.stdout.write(
  `${counted} of ${wanted} events counted in ${seconds.toFixed(1)} s and ${runs} runs: ` +
    `${Math.round(perSecond)} per second, bound >= ${MIN_PER_SECOND}: ${isKept ? "yes" : "NO"}. ` +
    `CPU time per event without Firestore: ${((user + system) / 1000 / counted).toFixed(3)} ms\n`,
);
await server.close();
process.exit(isKept ? 0 : 1);

async function archiveSome(count: number, from: number): Promise<void> {
  const batch = firestore().batch();
  for (let made = 0; made < count; ) {
    const checked = validate(traffic.next());
    const nowMs = Date.now();
    const event =
      checked.ok && enrich(checked.event as FactOf, { nowMs, newId: () => "", producer: "bench" });
    if (!event || !isBrowseEvent(event)) continue;
    const { event_type, event_id, producer, user_id: subject, correlation_id, received_at } = event;
    const about = { event_type, event_id, producer, subject, correlation_id, day: received_at.slice(0, 10) };
    // Archive times older than the margin, at the rate of the bound.
    const archivedMs = nowMs - 2 * ARCHIVE_MARGIN_MS + ((from + made) / MIN_PER_SECOND) * 1000;
    batch.create(documentRef(archivedEvents, archiveId(event)), {
      ...about,
      fingerprint: "f",
      event: JSON.stringify(event),
      ...browseIndexFields(event),
      archived_at: timestamp(Math.floor(archivedMs)),
    });
    made += 1;
  }
  await batch.commit();
}
