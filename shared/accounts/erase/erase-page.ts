import { contacts, erasures, orderAddresses, orders, recommendations, reviews } from "../../collections.ts";
import type { Collection, Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import { archivedEvents } from "../../pipeline/records/archived-event.ts";
import type { EffectRecord } from "../../pipeline/records/effect-record.ts";
import { effects } from "../../pipeline/records/effect-record.ts";
import { ledger } from "../../pipeline/records/ledger.ts";
import type { Work } from "../../pipeline/work.ts";
import { forgetSignals } from "../../recommendations/read-signals.ts";
import type { About } from "../whose.ts";
import type { ArmedPage, ErasePage } from "./erase-run.ts";
import { armed } from "./erase-run.ts";
import {
  erasedArchived,
  erasedCommand,
  erasedEffect,
  erasedEntry,
  erasedOrder,
  erasedReview,
} from "./erased-documents.ts";

/** An event may have 256 KiB, an entry twice that and more: this many stay below the 10 MiB of a commit. */
const PAGE = 10;

/** Looks through one page. Answers the next one; undefined when this pass is over. */
export async function erasePage(at: ErasePage, work: Work): Promise<ArmedPage | undefined> {
  const next = await STEPS[at.step](at, work);
  return next && armed({ ...at, ...next, page: at.page + 1 });
}

type Step = (at: ErasePage, work: Work) => Promise<Partial<ErasePage> | undefined>;

const STEPS: Readonly<Record<ErasePage["step"], Step>> = {
  archive: (at, work) =>
    lookThrough(at, work, { of: archivedEvents, where: "subject", erased: erasedArchived, next: "ledger" }),
  ledger: (at, work) =>
    lookThrough(at, work, { of: ledger, where: "cause.subject", erased: erasedEntry, next: "effects" }),
  effects: (at, work) => {
    const erased = (record: EffectRecord, about: About) =>
      erasedEffect(record, { ...about, nowMs: work.nowMs });
    return lookThrough(at, work, { of: effects, where: "cause.subject", erased, next: "commands" });
  },
  commands: (at, work) =>
    lookThrough(at, work, { of: ledger, where: "aggregate", erased: erasedCommand, next: "more" }),
  more: async ({ user_id, kind, more_after: after }, work) => {
    if (kind === "person") return { ...NEXT, kind: "orders" };
    if (kind === "orders") return moreOrders({ user_id, after }, work);
    return moreReviews({ user_id, after }, work);
  },
  own: async ({ user_id }, work) => {
    const addresses = await idsOf(theirs(orderAddresses, user_id), "");
    for (const orderId of addresses) work.delete(orderAddresses, orderId);
    if (addresses.length === PAGE) return {};
    // Copies, and what was concluded about the person: nothing of it is a fact of its own.
    work.delete(contacts, user_id);
    work.delete(recommendations, user_id);
    await forgetSignals(user_id, work);
    work.set(erasures, user_id, { user_id, looked_through_at_ms: work.nowMs });
    return undefined;
  },
};

const NEXT = { step: "more", more_after: "" } as const;

/** Some of their orders, and then what is about these: some events name nothing but the order. */
async function moreOrders(
  { user_id, after }: { user_id: string; after: string },
  work: Work,
): Promise<Partial<ErasePage>> {
  const ids = await idsOf(theirs(orders, user_id), after);
  const last = ids.at(-1);
  if (last === undefined) return { ...NEXT, kind: "reviews" };
  await eraseEach(ids, work, { of: orders, erased: erasedOrder });
  for (const orderId of ids) work.delete(orderAddresses, orderId);
  return { step: "archive", ids, after: "", more_after: last };
}

/** Some of their reviews, and then what was answered about these. Events about a review name its author. */
async function moreReviews(
  { user_id, after }: { user_id: string; after: string },
  work: Work,
): Promise<Partial<ErasePage>> {
  const ids = await idsOf(theirs(reviews, user_id), after);
  const last = ids.at(-1);
  if (last === undefined) return { step: "own" };
  await eraseEach(ids, work, { of: reviews, erased: erasedReview });
  return { step: "commands", ids, after: "", more_after: last };
}

function theirs<T>({ name }: Collection<T>, userId: string): Query {
  return firestore().collection(name).where("user_id", "==", userId);
}

interface Looked<T> {
  of: Collection<T>;
  where: string;
  erased(document: T, about: About): T;
  next: ErasePage["step"];
}

/** One page of what may be about these ids. */
async function lookThrough<T extends object>(
  { user_id, kind, ids: about, after }: ErasePage,
  work: Work,
  { of, where, erased, next }: Looked<T>,
): Promise<Partial<ErasePage>> {
  const ids = await idsOf(firestore().collection(of.name).where(where, "in", about), after);
  const whose = { user_id, kind, ids: about };
  await eraseEach(ids, work, { of, erased: document => erased(document, whose) });
  return ids.length < PAGE ? { after: "", step: next } : { after: ids.at(-1) ?? "" };
}

async function idsOf(found: Query, after: string): Promise<string[]> {
  const page = found.orderBy("__name__").limit(PAGE).select();
  const { docs } = await (after === "" ? page : page.startAfter(after)).get();
  return docs.map(document => document.id);
}

/** Read again in the unit of work, so that nobody's change in between is lost. */
async function eraseEach<T extends object>(
  ids: readonly string[],
  work: Work,
  { of, erased }: { of: Collection<T>; erased(document: T): T },
): Promise<void> {
  const found = await work.getAll(of, ids);
  ids.forEach((id, index) => {
    const document = found[index];
    if (document === undefined) return;
    const after = erased(document);
    if (after !== document) work.set(of, id, after);
  });
}
