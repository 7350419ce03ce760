import {
  access,
  affiliates,
  carts,
  commissions,
  consentStatements,
  consents,
  contacts,
  erasures,
  marketingDays,
  orderAddresses,
  orders,
  purchases,
  recommendations,
  reviews,
  segments,
  shoppers,
  userSignals,
  users,
  userViews,
} from "../collections.ts";
import { isId } from "../events/define.ts";
import type { Collection, Query } from "../google/firestore.ts";
import { firestore, readDocument } from "../google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../http/handler.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import { archivedEvents } from "../pipeline/records/archived-event.ts";
import { effects } from "../pipeline/records/effect-record.ts";
import { readLive } from "../pipeline/records/generation.ts";
import { ledger } from "../pipeline/records/ledger.ts";
import { RECOMMENDATIONS } from "../recommendations/read-signals.ts";
import type { PersonScope } from "./person-scope.ts";
import { isAnswerAbout, isEffectAbout, isEventAbout, readJson } from "./person-scope.ts";

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
  marketingDays,
];

interface PersonList {
  of: Collection<object>;
  /** The field that names the person. */
  where: string;
  /** Comparison with the user id; default "==". */
  op?: "==" | "array-contains";
  /** Name of a field that holds JSON; the answer contains the parsed value. */
  json?: string;
  /** Tells whether a document is about the person. Absent: the field `where` never holds an id of another kind. */
  isAboutPerson?(scope: PersonScope, document: Readonly<Record<string, unknown>>): boolean;
}

const isStoredEventAbout: PersonList["isAboutPerson"] = (scope, { event }) =>
  event === undefined || isEventAbout(scope, event);

/** Collections with any number of documents per person, by their name in the answer. */
const LISTS: Readonly<Record<string, PersonList>> = {
  orders: { of: orders, where: "user_id" },
  order_addresses: { of: orderAddresses, where: "user_id" },
  purchases: { of: purchases, where: "user_id" },
  reviews: { of: reviews, where: "user_id" },
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

/** Max documents of a list per answer. An event may have 256 KiB, so an answer is large at times, but bounded. */
const DOCUMENTS_PER_LIST = 50;

/**
 * Returns all data held about a person, by collection, including data left after an erasure. The answer holds the first
 * 50 documents of each list; `next` is the path of the rest.
 * @throws Problem 404 when nothing is held
 */
export async function getData({ params, query }: HttpRequest): Promise<HttpAnswer> {
  const userId = idIn(params, "user");
  const asked = query.get("collection");
  if (asked !== null) {
    const page = await pageOf(nameIn(asked), userId, query.get("after") ?? "");
    return { status: 200, body: { user_id: userId, [asked]: page } };
  }
  const documents = await Promise.all([
    ...DOCUMENTS.map(async of => [of.name, await readDocument(of, userId)] as const),
    readLive(RECOMMENDATIONS, userSignals, userId).then(found => [userSignals.name, found] as const),
  ]);
  const lists = await Promise.all(
    Object.keys(LISTS).map(async name => [name, await pageOf(name, userId, "")] as const),
  );
  const isUnknown =
    documents.every(([, document]) => !document) && lists.every(([, { items }]) => items.length === 0);
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
    ...Object.keys(LISTS).map(async name => (await pageOf(name, userId, "")).items.length > 0),
  ]);
  return found.some(Boolean);
}

function nameIn(asked: string): string {
  if (Object.hasOwn(LISTS, asked)) return asked;
  const detail = `collection must be one of ${Object.keys(LISTS).join(", ")}.`;
  throw new Problem({ status: 400, slug: "invalid-page", detail });
}

async function pageOf(
  name: string,
  userId: string,
  after: string,
): Promise<{ items: object[]; next?: string }> {
  const list = LISTS[name];
  if (!list) return { items: [] };
  if (after !== "" && !isId(after)) throw invalidPage();
  const page = queryOf(list, userId)
    .orderBy("__name__")
    .limit(DOCUMENTS_PER_LIST + 1);
  const { docs } = await (after === "" ? page : page.startAfter(after)).get();
  const shown = docs.slice(0, DOCUMENTS_PER_LIST);
  const scope = { user_id: userId, kind: "person", ids: [userId] } as const;
  const items = shown.flatMap(document => {
    const held = withParsedJson(document.data(), list.json);
    return list.isAboutPerson?.(scope, held) === false ? [] : [{ _id: document.id, ...held }];
  });
  if (docs.length <= DOCUMENTS_PER_LIST) return { items };
  const rest = new URLSearchParams({ collection: name, after: shown.at(-1)?.id ?? "" });
  return { items, next: `/users/${encodeURIComponent(userId)}/data?${rest}` };
}

function invalidPage(): Problem {
  const detail = "The query parameter after is not valid. Follow the path in `next` of the previous page.";
  return new Problem({ status: 400, slug: "invalid-page", detail });
}

function queryOf({ of, where, op = "==" }: PersonList, userId: string): Query {
  return firestore().collection(of.name).where(where, op, userId);
}

function withParsedJson(
  document: Record<string, unknown>,
  json: string | undefined,
): Record<string, unknown> {
  const text = json === undefined ? undefined : document[json];
  return json === undefined || typeof text !== "string" ? document : { ...document, [json]: readJson(text) };
}
