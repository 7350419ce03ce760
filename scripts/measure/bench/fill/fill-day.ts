import { countPage } from "../../../../shared/analytics/traffic/count-page.ts";
import type { ReadCursor } from "../../../../shared/analytics/traffic/cursor.ts";
import { noteProgress } from "../../../../shared/analytics/traffic/cursor.ts";
import {
  BROWSE_GROUPS,
  browseIndexFields,
  isBrowseEvent,
} from "../../../../shared/analytics/traffic/index-fields.ts";
import { LIMITS } from "../../../../shared/analytics/traffic/roll-up.ts";
import { products, stock, userSignals, userViews } from "../../../../shared/collections.ts";
import type { FactOf } from "../../../../shared/events/catalogue.ts";
import type { PulseCartEvent } from "../../../../shared/events/envelope.ts";
import { enrich, fingerprintOf } from "../../../../shared/events/envelope.ts";
import { validate } from "../../../../shared/events/validate.ts";
import { timestamp } from "../../../../shared/google/firestore.ts";
import { publishEvent } from "../../../../shared/pipeline/outbox/publish.ts";
import { archiveId } from "../../../../shared/pipeline/records/archived-event.ts";
import { inGeneration } from "../../../../shared/pipeline/records/generation.ts";
import { RECOMMENDATIONS } from "../../../../shared/recommendations/read-signals.ts";
import type { BrowseFact } from "../../../../shared/rules/counting/browse-sums.ts";
import { applySignals, applyViews } from "../../../../shared/rules/recommend/signals.ts";
import type { DayTraffic, Regular } from "./day-traffic.ts";
import { deliver, nextTaskMs, runNextTask } from "./deliveries.ts";
import { filled } from "./document-store.ts";

/** The time of the day that is being filled, in milliseconds. */
export interface FilledClock {
  set(nowMs: number): void;
}

/**
 * Has everything of a day happen: its events through every reaction, its timers and mails, and whatever is due until
 * the end, some time after it. Answers how many were reported.
 */
export async function fillDay(traffic: DayTraffic, { set }: FilledClock, endMs: number): Promise<number> {
  fillShelves(traffic);
  const flood = createBrowseTraffic();
  let events = 0;
  const goOnTo = async (untilMs: number): Promise<void> => {
    while (nextTaskMs() <= untilMs) {
      const nowMs = nextTaskMs();
      set(nowMs);
      await runNextTask();
      await deliver(nowMs);
    }
    set(untilMs);
  };
  for (const { atMs, event: reported } of traffic.events()) {
    await goOnTo(atMs);
    const event = accepted(reported, atMs);
    await publishEvent(event, fingerprintOf(reported));
    await deliver(atMs);
    await flood.hear(event, atMs);
    events += 1;
  }
  await goOnTo(endMs);
  await flood.close(endMs);
  return events;
}

/** As ingest does. */
function accepted(reported: object, nowMs: number): PulseCartEvent {
  const checked = validate(reported);
  if (!checked.ok) throw new Error(`This is no event: ${JSON.stringify([reported, checked])}`);
  return enrich(checked.event as FactOf, { nowMs, newId: () => "", producer: "ingest" });
}

function fillShelves({ goods }: DayTraffic): void {
  const store = filled();
  for (const { product_id, price, stock: quantity, threshold } of goods) {
    const about = { product_id, name: `The thing ${product_id}`, currency: "USD", threshold };
    const price_minor = Math.round(price * 100);
    store.put(products.name, product_id, { ...about, price_minor, opening_stock: quantity });
    store.put(stock.name, product_id, { quantity });
  }
}

/** What is there before the day: what those who have been here before showed an interest in. */
export function fillHistory({ regulars }: DayTraffic): void {
  const store = filled();
  const signals = inGeneration({ reaction: RECOMMENDATIONS, generation: 1 }, userSignals).name;
  for (const regular of regulars()) {
    const { user_id } = regular;
    store.put(userViews.name, user_id, { user_id, viewed: viewedBy(regular) });
    const heard = applySignals([], signalsOf(regular));
    if (heard.length > 0) store.put(signals, user_id, { user_id, signals: heard });
  }
}

function viewedBy({ did }: Regular) {
  return applyViews(
    {},
    did.map(({ product_id, at_ms }) => [product_id, at_ms] as const),
  );
}

function signalsOf({ did }: Regular) {
  return did.flatMap(({ product_id: item_id, interest, at_ms }) =>
    interest === "viewed" ? [] : [{ item_id, of: "product" as const, interest, at_ms }],
  );
}

/** The roll-up, a page as soon as it is full. */
function createBrowseTraffic() {
  const groups = Array.from({ length: BROWSE_GROUPS }, () => [] as { fact: BrowseFact; id: string }[]);
  const begun = new Set<number>();
  const count = async (group: number, nowMs: number): Promise<void> => {
    const page = groups[group]?.splice(0) ?? [];
    const last = page.at(-1);
    if (!last) return;
    const at = timestamp(nowMs);
    const from: ReadCursor = { group, place: undefined, writtenAt: begun.has(group) ? at : undefined };
    begun.add(group);
    await countPage({ from, to: { at, id: last.id }, facts: page.map(({ fact }) => fact) });
  };
  return {
    async hear(event: PulseCartEvent, nowMs: number): Promise<void> {
      if (!isBrowseEvent(event)) return;
      const group = (browseIndexFields(event)?.browse_shard ?? 0) % BROWSE_GROUPS;
      const { event_type, received_at } = event;
      const page = groups[group] ?? [];
      page.push({ fact: { event_type, day: received_at.slice(0, 10), event }, id: archiveId(event) });
      if (page.length === LIMITS.pageSize) await count(group, nowMs);
    },
    async close(nowMs: number): Promise<void> {
      for (let group = 0; group < BROWSE_GROUPS; group += 1) await count(group, nowMs);
      await noteProgress(timestamp(nowMs));
    },
  };
}
