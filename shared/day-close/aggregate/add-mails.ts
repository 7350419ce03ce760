import { firestore } from "../../google/firestore.ts";
import type { EffectRecord } from "../../pipeline/records/effect-record.ts";
import { effects } from "../../pipeline/records/effect-record.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import { DAY_MS } from "../../values/durations.ts";
import type { PageStep } from "../closing/page-step.ts";

/**
 * Counts the mails sent or skipped on the day, by template. Both states are final, so a later closing counts the same
 * while the effects are kept. Planned and unknown effects belong to no day.
 */
export const addMails: PageStep = async ({ dayClosing: { day, page_size }, after }) => {
  const fromMs = Date.parse(day);
  const ofDay = firestore()
    .collection(effects.name)
    .where("changed_at_ms", ">=", fromMs)
    .where("changed_at_ms", "<", fromMs + DAY_MS)
    .orderBy("changed_at_ms")
    .orderBy("__name__");
  const page = await (after === "" ? ofDay : ofDay.startAfter(...placeIn(after))).limit(page_size).get();
  const sums: Sums = new Map();
  for (const document of page.docs) {
    const { state, data } = document.data() as EffectRecord;
    if (state === "sent" || state === "skipped")
      addEntries(sums, [[`mail ${templateIn(data)}`, { [state]: 1 }]]);
  }
  const last = page.docs.at(-1);
  const place = last && JSON.stringify([last.get("changed_at_ms"), last.id]);
  return { sums, next: page.size < page_size ? undefined : place };
};

function placeIn(after: string): [number, string] {
  return JSON.parse(after);
}

function templateIn(data: string): string {
  const { template }: { template?: string } = JSON.parse(data);
  return template ?? "unknown";
}
