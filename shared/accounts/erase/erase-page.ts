import {
  consentStatements,
  consents,
  contacts,
  erasures,
  orderAddresses,
  orders,
  recommendations,
  reviews,
} from "../../collections.ts";
import type { Collection, Query } from "../../google/firestore.ts";
import { firestore } from "../../google/firestore.ts";
import { archivedEvents } from "../../pipeline/records/archived-event.ts";
import type { EffectRecord } from "../../pipeline/records/effect-record.ts";
import { effects } from "../../pipeline/records/effect-record.ts";
import { ledger } from "../../pipeline/records/ledger.ts";
import type { Work } from "../../pipeline/work.ts";
import { forgetSignals } from "../../recommendations/read-signals.ts";
import type { PersonScope } from "../person-scope.ts";
import type { Search } from "./erase-found.ts";
import { DOCUMENTS_PER_PAGE, eraseEach, eraseFound, pageOfIds } from "./erase-found.ts";
import type { ArmedPage, ErasePage } from "./erase-run.ts";
import { armedPage } from "./erase-run.ts";
import {
  erasedArchived,
  erasedCommand,
  erasedEffect,
  erasedEntry,
  erasedOrder,
  erasedReview,
} from "./erased-documents.ts";

/**
 * Removes the personal data from one page of documents.
 * @returns the next page; undefined when this pass is complete
 */
export async function erasePage(at: ErasePage, work: Work): Promise<ArmedPage | undefined> {
  const next = await STEPS[at.step](at, work);
  return next && armedPage({ ...at, ...next, page: at.page + 1 });
}

type EraseStep = (at: ErasePage, work: Work) => Promise<Partial<ErasePage> | undefined>;

const STEPS: Readonly<Record<ErasePage["step"], EraseStep>> = {
  archive: (at, work) =>
    eraseMatching(at, work, { of: archivedEvents, where: "subject", erased: erasedArchived, next: "ledger" }),
  ledger: (at, work) =>
    eraseMatching(at, work, { of: ledger, where: "cause.subject", erased: erasedEntry, next: "effects" }),
  effects: (at, work) => {
    const erased = (record: EffectRecord, scope: PersonScope) =>
      erasedEffect(record, { ...scope, nowMs: work.nowMs });
    return eraseMatching(at, work, { of: effects, where: "cause.subject", erased, next: "commands" });
  },
  commands: (at, work) =>
    eraseMatching(at, work, { of: ledger, where: "aggregate", erased: erasedCommand, next: "more" }),
  more: async ({ user_id, kind, more_after: after }, work) => {
    if (kind === "person") return { ...NEXT, kind: "orders" };
    if (kind === "orders") return moreOrders({ user_id, after }, work);
    return moreReviews({ user_id, after }, work);
  },
  own: async ({ user_id }, work) => {
    for (const from of [orderAddresses, consentStatements]) {
      const ids = await pageOfIds(ownedBy<object>(from, user_id), "");
      for (const id of ids) work.delete<object>(from, id);
      if (ids.length === DOCUMENTS_PER_PAGE) return {};
    }
    // These documents are copies or derived from events: deleting them loses no fact.
    work.delete(contacts, user_id);
    work.delete(consents, user_id);
    work.delete(recommendations, user_id);
    await forgetSignals(user_id, work);
    work.set(erasures, user_id, { user_id, looked_through_at_ms: work.nowMs });
    return undefined;
  },
};

const NEXT = { step: "more", more_after: "" } as const;

/** Redacts a page of orders; the next steps redact the documents about them. Some events name only the order. */
async function moreOrders(
  { user_id, after }: { user_id: string; after: string },
  work: Work,
): Promise<Partial<ErasePage>> {
  const ids = await pageOfIds(ownedBy(orders, user_id), after);
  const last = ids.at(-1);
  if (last === undefined) return { ...NEXT, kind: "reviews" };
  await eraseEach(ids, work, { of: orders, erased: erasedOrder });
  for (const orderId of ids) work.delete(orderAddresses, orderId);
  return { step: "archive", ids, after: "", more_after: last };
}

/** Redacts a page of reviews; the next step redacts the answers about them. Events about a review name its author. */
async function moreReviews(
  { user_id, after }: { user_id: string; after: string },
  work: Work,
): Promise<Partial<ErasePage>> {
  const ids = await pageOfIds(ownedBy(reviews, user_id), after);
  const last = ids.at(-1);
  if (last === undefined) return { step: "own" };
  await eraseEach(ids, work, { of: reviews, erased: erasedReview });
  return { step: "commands", ids, after: "", more_after: last };
}

function ownedBy<T>({ name }: Collection<T>, userId: string): Query {
  return firestore().collection(name).where("user_id", "==", userId);
}

interface Matching<T> extends Search<T> {
  /** The step after the last page. */
  next: ErasePage["step"];
}

/** Redacts one page of the documents that may be about these ids. */
async function eraseMatching<T extends object>(
  { user_id, kind, ids, after }: ErasePage,
  work: Work,
  { next, ...search }: Matching<T>,
): Promise<Partial<ErasePage>> {
  const last = await eraseFound({ scope: { user_id, kind, ids }, after }, work, search);
  return last === undefined ? { after: "", step: next } : { after: last };
}
