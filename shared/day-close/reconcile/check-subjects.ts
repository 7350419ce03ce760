import type { Sums } from "../../rules/counting/day-sums.ts";
import type { DayCloseSubject } from "../closing/day-closing.ts";
import { dayCloseSubjects } from "../closing/day-closing.ts";
import { shareOf } from "../closing/id-range.ts";
import type { PageStep } from "../closing/page-step.ts";
import { checkCarts } from "./check-carts.ts";
import { checkCustomers } from "./check-customers.ts";
import { checkOrders } from "./check-orders.ts";
import { DOUBT } from "./check-stock.ts";

/** Subjects per page. A query compares with at most 30 values (https://cloud.google.com/firestore/quotas). */
const SUBJECTS_PER_PAGE = 30;

/** Compares the stored orders, contacts and carts that events of the day name with all events about them. */
export const checkSubjects: PageStep = async (page, work) => {
  const { dayClosing, part, after } = page;
  // Stored documents change after the first closing, so only the first closing compares.
  if (dayClosing.run > 1) return { next: undefined };
  const { day, shards } = dayClosing;
  const { docs } = await shareOf(dayCloseSubjects, { day, shard: part.shard, shards, after })
    .limit(SUBJECTS_PER_PAGE)
    .get();
  const subjects = docs.map(document => document.data() as DayCloseSubject);
  const idsOf = (kind: DayCloseSubject["of"]) => subjects.filter(({ of }) => of === kind).map(({ id }) => id);
  const { findings: orders, doubtful, sums: clearing } = await checkOrders(idsOf("order"), dayClosing);
  const customers = await checkCustomers(idsOf("user"), page, work);
  const carts = await checkCarts(idsOf("cart"), dayClosing);
  const next = docs.length < SUBJECTS_PER_PAGE ? undefined : docs.at(-1)?.id;
  const sums: Sums = new Map([...clearing, ...doubtful.map(product => [`${DOUBT}${product}`, {}] as const)]);
  return { findings: [...orders, ...customers, ...carts], sums, next };
};
