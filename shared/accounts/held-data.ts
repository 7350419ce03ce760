import {
  access,
  affiliates,
  carts,
  commissions,
  consentStatements,
  consents,
  contacts,
  erasures,
  marketingMails,
  orderAddresses,
  orders,
  purchases,
  recommendations,
  reviews,
  segments,
  shoppers,
  userReviews,
  userSignals,
  users,
  userViews,
} from "../collections.ts";
import type { Collection } from "../google/firestore.ts";
import { readDocument } from "../google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../http/handler.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import { archivedEvents } from "../pipeline/records/archived-event.ts";
import { effects } from "../pipeline/records/effect-record.ts";
import { readLive } from "../pipeline/records/generation.ts";
import { ledger } from "../pipeline/records/ledger.ts";
import { RECOMMENDATIONS } from "../recommendations/read-signals.ts";
import type { ListPage, PersonList } from "./held-list.ts";
import { mayHold, readList } from "./held-list.ts";
import { isAnswerAbout, isEffectAbout, isEventAbout } from "./person-scope.ts";

/** Collections with one document per person, under the user id. */
const DOCUMENTS: readonly Collection<object>[] = [
  users,
  erasures,
  contacts,
  access,
  segments,
  recommendations,
  shoppers,
  userViews,
  affiliates,
  consents,
  marketingMails,
];

const isStoredEventAbout: PersonList["isAboutPerson"] = (scope, { event }) =>
  event === undefined || isEventAbout(scope, event);

/** Collections with any number of documents per person, by their name in the answer. */
const LISTS: Readonly<Record<string, PersonList>> = {
  orders: { of: orders, where: "user_id" },
  order_addresses: { of: orderAddresses, where: "user_id" },
  purchases: { of: purchases, where: "user_id" },
  reviews: { of: reviews, where: "user_id" },
  user_reviews: { of: userReviews, where: "user_id" },
  carts: { of: carts, where: "user_ids", op: "array-contains" },
  consent_statements: { of: consentStatements, where: "user_id" },
  commissions: { of: commissions, where: "affiliate_id" },
  events: { of: archivedEvents, where: "subject", json: "event", isAboutPerson: isStoredEventAbout },
  effects: {
    of: effects,
    where: "cause.subject",
    json: "data",
    isAboutPerson: (scope, { data }) => isEffectAbout(scope, data),
  },
  ledger: { of: ledger, where: "cause.subject", json: "event", isAboutPerson: isStoredEventAbout },
  commands: {
    of: ledger,
    where: "aggregate",
    json: "answer",
    isAboutPerson: (scope, { by }) => isAnswerAbout(scope, String(by)),
  },
};

/**
 * Returns all data held about a person, by collection, including data left after an erasure. The answer holds the first
 * 50 documents of each list; `next` is the path of the rest.
 * @throws Problem 404 when nothing is held
 */
export async function getData({ params, query }: HttpRequest): Promise<HttpAnswer> {
  const userId = idIn(params, "user");
  const asked = query.get("collection");
  if (asked !== null) {
    const page = await listOf(nameIn(asked), userId, query.get("after") ?? "");
    return { status: 200, body: { user_id: userId, [asked]: page } };
  }
  const documents = await Promise.all([
    ...DOCUMENTS.map(async of => [of.name, await readDocument(of, userId)] as const),
    readLive(RECOMMENDATIONS, userSignals, userId).then(found => [userSignals.name, found] as const),
  ]);
  const lists = await Promise.all(
    Object.keys(LISTS).map(async name => [name, await listOf(name, userId)] as const),
  );
  const isUnknown = documents.every(([, document]) => !document) && !lists.some(([, page]) => mayHold(page));
  if (isUnknown) throw noSuch("user");
  const found = documents.map(([name, document]) => [name, document ?? null] as const);
  return {
    status: 200,
    body: { user_id: userId, ...Object.fromEntries(found), ...Object.fromEntries(lists) },
  };
}

/** Tells whether any document is held about a person. */
export async function isHeld(userId: string): Promise<boolean> {
  const found = await Promise.all([
    ...DOCUMENTS.map(async of => (await readDocument(of, userId)) !== undefined),
    ...Object.keys(LISTS).map(async name => mayHold(await listOf(name, userId))),
  ]);
  return found.some(Boolean);
}

async function listOf(name: string, userId: string, after = ""): Promise<ListPage> {
  const list = LISTS[name];
  return list ? readList({ name, list }, userId, after) : { items: [] };
}

function nameIn(asked: string): string {
  if (Object.hasOwn(LISTS, asked)) return asked;
  const detail = `collection must be one of ${Object.keys(LISTS).join(", ")}.`;
  throw new Problem({ status: 400, slug: "invalid-page", detail });
}
