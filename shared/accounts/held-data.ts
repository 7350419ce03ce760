import {
  access,
  affiliates,
  carts,
  commissions,
  contacts,
  erasures,
  mailPreferences,
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
import type { About } from "./whose.ts";
import { isAnswerAbout, isEffectAbout, isEventAbout, readJson } from "./whose.ts";

/** One document each, under the person's id. */
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
  mailPreferences,
  marketingDays,
];

interface List {
  of: Collection<object>;
  where: string;
  op?: "==" | "array-contains";
  /** A field that holds JSON: it is shown as what it says. */
  json?: string;
  /** Where ids of another kind may be found under the same name: whether a document is about the person. */
  isTheirs?(about: About, document: Readonly<Record<string, unknown>>): boolean;
}

const isKeptEventTheirs: List["isTheirs"] = (about, { event }) =>
  event === undefined || isEventAbout(about, event);

/** Any number of documents, found by a field that names the person. */
const LISTS: Readonly<Record<string, List>> = {
  orders: { of: orders, where: "user_id" },
  order_addresses: { of: orderAddresses, where: "user_id" },
  purchases: { of: purchases, where: "user_id" },
  reviews: { of: reviews, where: "user_id" },
  carts: { of: carts, where: "user_ids", op: "array-contains" },
  commissions: { of: commissions, where: "affiliate_id" },
  events: { of: archivedEvents, where: "subject", json: "event", isTheirs: isKeptEventTheirs },
  effects: {
    of: effects,
    where: "cause.subject",
    json: "data",
    isTheirs: (about, { data }) => isEffectAbout(about, data),
  },
  ledger: { of: ledger, where: "cause.subject", json: "event", isTheirs: isKeptEventTheirs },
  commands: {
    of: ledger,
    where: "aggregate",
    json: "answer",
    isTheirs: (about, { by }) => isAnswerAbout(about, String(by)),
  },
};

/** Of each list at once; an event may have 256 KiB, so of this one answer may become large, but not without end. */
const PAGE = 50;

/**
 * Everything that is held about a person, by collection; also what is left after an erasure. Of each list the first
 * 50 are shown: where there are more, `next` is the path that shows them.
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
  const isNobody =
    documents.every(([, document]) => !document) && lists.every(([, { items }]) => items.length === 0);
  if (isNobody) throw noSuch("user");
  const found = documents.map(([name, document]) => [name, document ?? null] as const);
  return {
    status: 200,
    body: { user_id: userId, ...Object.fromEntries(found), ...Object.fromEntries(lists) },
  };
}

/** Whether anything at all is held about somebody. */
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
  if (after !== "" && !isId(after)) throw noPage();
  const page = about(list, userId)
    .orderBy("__name__")
    .limit(PAGE + 1);
  const { docs } = await (after === "" ? page : page.startAfter(after)).get();
  const shown = docs.slice(0, PAGE);
  const whose = { user_id: userId, kind: "person", ids: [userId] } as const;
  const items = shown.flatMap(document => {
    const held = readable(document.data(), list.json);
    return list.isTheirs?.(whose, held) === false ? [] : [{ _id: document.id, ...held }];
  });
  if (docs.length <= PAGE) return { items };
  const rest = new URLSearchParams({ collection: name, after: shown.at(-1)?.id ?? "" });
  return { items, next: `/users/${encodeURIComponent(userId)}/data?${rest}` };
}

function noPage(): Problem {
  const detail = "Follow the path in `next` of the page before.";
  return new Problem({ status: 400, slug: "invalid-page", detail });
}

function about({ of, where, op = "==" }: List, userId: string): Query {
  return firestore().collection(of.name).where(where, op, userId);
}

function readable(document: Record<string, unknown>, json: string | undefined): Record<string, unknown> {
  const text = json === undefined ? undefined : document[json];
  return json === undefined || typeof text !== "string" ? document : { ...document, [json]: readJson(text) };
}
