import { countPage } from "../../../../shared/analytics/browse/count-page.ts";
import type { ReadCursor } from "../../../../shared/analytics/browse/cursor.ts";
import { noteProgress } from "../../../../shared/analytics/browse/cursor.ts";
import {
  BROWSE_GROUPS,
  browseIndexFields,
  isBrowseEvent,
} from "../../../../shared/analytics/browse/index-fields.ts";
import { ROLL_UP_LIMITS } from "../../../../shared/analytics/browse/roll-up.ts";
import { products, stock, stockTotals, userSignals, userViews } from "../../../../shared/collections.ts";
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
import type { DayTraffic, RegularUser } from "./day-traffic.ts";
import { deliver, nextTaskMs, runNextTask } from "./deliveries.ts";
import { filledStore } from "./document-store.ts";

/** The clock of the day that is being filled, in milliseconds. */
export interface FilledClock {
  set(nowMs: number): void;
}

/**
 * Sends the events of a day through every reaction. Timers and mails run up to `endMs`, some time after the day.
 * @returns the number of reported events
 */
export async function fillDay(traffic: DayTraffic, { set }: FilledClock, endMs: number): Promise<number> {
  fillProducts(traffic);
  const rollUp = new FilledRollUp();
  let events = 0;
  const advanceTo = async (untilMs: number): Promise<void> => {
    while (nextTaskMs() <= untilMs) {
      const nowMs = nextTaskMs();
      set(nowMs);
      await runNextTask();
      await deliver(nowMs);
    }
    set(untilMs);
  };
  for (const { atMs, event: reported } of traffic.events()) {
    await advanceTo(atMs);
    const event = accepted(reported, atMs);
    await publishEvent(event, fingerprintOf(reported));
    await deliver(atMs);
    await rollUp.add(event, atMs);
    events += 1;
  }
  await advanceTo(endMs);
  await rollUp.close(endMs);
  return events;
}

/** Validates and enriches an event like ingest. */
function accepted(reported: object, nowMs: number): PulseCartEvent {
  const checked = validate(reported);
  if (!checked.ok)
    throw new Error(`Event invalid: expected a valid one, got ${JSON.stringify([reported, checked])}`);
  return enrich(checked.event as FactOf, { nowMs, newId: () => "", producer: "ingest" });
}

function fillProducts({ goods }: DayTraffic): void {
  const store = filledStore();
  for (const { product_id, price, stock: quantity, threshold } of goods) {
    const about = { product_id, name: `The thing ${product_id}`, currency: "USD", threshold };
    const price_minor = Math.round(price * 100);
    store.put(products.name, product_id, { ...about, price_minor, opening_stock: quantity });
    store.put(stock.name, product_id, { quantity });
    store.put(stockTotals.name, product_id, { quantity, entries: 0 });
  }
}

/** Writes the state before the day: the views and signals of regular users. */
export function fillHistory(traffic: DayTraffic): void {
  const store = filledStore();
  const signals = inGeneration({ reaction: RECOMMENDATIONS, generation: 1 }, userSignals).name;
  for (const regular of traffic.regulars()) {
    const { user_id } = regular;
    store.put(userViews.name, user_id, { user_id, viewed: viewedBy(regular) });
    const known = applySignals([], signalsOf(regular));
    if (known.length > 0) store.put(signals, user_id, { user_id, signals: known });
  }
}

function viewedBy({ interests }: RegularUser) {
  return applyViews(
    {},
    interests.map(({ product_id, at_ms }) => [product_id, at_ms] as const),
  );
}

function signalsOf({ interests }: RegularUser) {
  return interests.flatMap(({ product_id: item_id, interest, at_ms }) =>
    interest === "viewed" ? [] : [{ item_id, of: "product" as const, interest, at_ms }],
  );
}

/** A roll-up that counts a page of a group as soon as the page is full. */
class FilledRollUp {
  readonly #pages = Array.from({ length: BROWSE_GROUPS }, () => [] as { fact: BrowseFact; id: string }[]);
  /** Groups with a cursor. */
  readonly #started = new Set<number>();

  async add(event: PulseCartEvent, nowMs: number): Promise<void> {
    if (!isBrowseEvent(event)) return;
    const group = (browseIndexFields(event)?.browse_shard ?? 0) % BROWSE_GROUPS;
    const { event_type, received_at } = event;
    const page = this.#pages[group] ?? [];
    page.push({ fact: { event_type, day: received_at.slice(0, 10), event }, id: archiveId(event) });
    if (page.length === ROLL_UP_LIMITS.pageSize) await this.#count(group, nowMs);
  }

  /** Counts the rest of every group. */
  async close(nowMs: number): Promise<void> {
    for (let group = 0; group < BROWSE_GROUPS; group += 1) await this.#count(group, nowMs);
    await noteProgress(timestamp(nowMs));
  }

  async #count(group: number, nowMs: number): Promise<void> {
    const page = this.#pages[group]?.splice(0) ?? [];
    const last = page.at(-1);
    if (!last) return;
    const at = timestamp(nowMs);
    const from: ReadCursor = {
      group,
      place: undefined,
      writtenAt: this.#started.has(group) ? at : undefined,
    };
    this.#started.add(group);
    await countPage({ from, to: { at, id: last.id }, facts: page.map(({ fact }) => fact) });
  }
}
