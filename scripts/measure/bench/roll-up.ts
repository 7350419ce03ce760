import { parseArgs } from "node:util";
import { MARGIN_MS } from "../../../shared/analytics/traffic/cursor.ts";
import { browseIndexFields, isBrowseEvent } from "../../../shared/analytics/traffic/index-fields.ts";
import { LIMITS, rollUpBrowseEvents } from "../../../shared/analytics/traffic/roll-up.ts";
import type { FactOf } from "../../../shared/events/catalogue.ts";
import { enrich } from "../../../shared/events/envelope.ts";
import { validate } from "../../../shared/events/validate.ts";
import { documentRef, firestore, timestamp } from "../../../shared/google/firestore.ts";
import { archivedEvents, archiveId } from "../../../shared/pipeline/records/archived-event.ts";
import { startChild } from "./child.ts";
import { createShopTraffic } from "./shop-traffic.ts";

/**
 * Does the roll-up keep up with 2,000 archived events a second? Some minutes of views and searches are in the archive
 * of a Firestore in a process of its own; the roll-up counts them, run after run, as fast as it can.
 */
const LEAST_PER_SECOND = 2_000;
const ARCHIVED_AT_ONCE = 500;

const { values } = parseArgs({ options: { events: { type: "string", default: "60000" } } });
const wanted = Number(values.events);
const server = await startChild("scripts/measure/bench/embedded.ts", ["firestore"], /ready at (\S+)/);
Object.assign(process.env, {
  FIRESTORE_EMULATOR_HOST: server.ready,
  METADATA_SERVER_DETECTION: "none",
  GCP_PROJECT_ID: "demo-bench",
  CALLER_AUTH: "iam",
});

const traffic = createShopTraffic(1);
for (let at = 0; at < wanted; at += ARCHIVED_AT_ONCE) {
  await archiveSome(Math.min(ARCHIVED_AT_ONCE, wanted - at), at);
  // As from the beginning of a shop, so that what is looked for has its index.
  if (at === 0) await rollUpBrowseEvents({ ...LIMITS, pagesPerGroup: 0 });
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
const isWell = counted === wanted && perSecond >= LEAST_PER_SECOND;
process.stdout.write(
  `${counted} of ${wanted} counted in ${seconds.toFixed(1)} s and ${runs} runs: ${Math.round(perSecond)} a second ` +
    `(at least ${LEAST_PER_SECOND}: ${isWell ? "yes" : "NO"}); ` +
    `${((user + system) / 1000 / counted).toFixed(3)} ms of CPU each, without Firestore's\n`,
);
await server.close();
process.exit(isWell ? 0 : 1);

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
    // Behind the margin, at the rate it must keep up with.
    const archivedMs = nowMs - 2 * MARGIN_MS + ((from + made) / LEAST_PER_SECOND) * 1000;
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
