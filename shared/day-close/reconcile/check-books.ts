import type { DayCloseSubject } from "../closing/day-closing.ts";
import { dayCloseSubjects } from "../closing/day-closing.ts";
import { shareOf } from "../closing/id-range.ts";
import type { Step } from "../closing/step.ts";
import { checkContacts } from "./check-contacts.ts";
import { checkOrders } from "./check-orders.ts";

/** Of each kind at most as many as Firestore compares with at once. */
const PAGE = 30;

/**
 * Compares the books of the next orders and users that something was heard of on the day: what all their events add
 * up to, against what is stored.
 */
export const checkSubjects: Step = async (page, work) => {
  const { night, part, after } = page;
  // What the events are compared with goes on changing: only the first closing compares.
  if (night.run > 1) return { sums: new Map(), next: undefined };
  const { day, shards } = night;
  const { docs } = await shareOf(dayCloseSubjects, { day, shard: part.shard, shards, after })
    .limit(PAGE)
    .get();
  const subjects = docs.map(document => document.data() as DayCloseSubject);
  const idsOf = (kind: DayCloseSubject["of"]) => subjects.filter(({ of }) => of === kind).map(({ id }) => id);
  const orders = await checkOrders(idsOf("order"), night);
  const contacts = await checkContacts(idsOf("user"), page, work);
  const next = docs.length < PAGE ? undefined : docs.at(-1)?.id;
  return { sums: new Map(), findings: [...orders, ...contacts], next };
};
