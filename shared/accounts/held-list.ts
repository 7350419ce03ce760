import { isId } from "../events/define.ts";
import type { Collection, Query } from "../google/firestore.ts";
import { firestore } from "../google/firestore.ts";
import { Problem } from "../http/problem.ts";
import type { PersonScope } from "./person-scope.ts";
import { readJson } from "./person-scope.ts";

/** A collection with any number of documents per person. */
export interface PersonList {
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

/** Max documents of a list per answer. An event may have 256 KiB, so an answer is large at times, but bounded. */
const DOCUMENTS_PER_LIST = 50;

/** Max pages of a list read per answer. Twenty pages of fifty documents take about a second. */
const MAX_PAGES_READ = 20;

export interface ListPage {
  items: object[];
  /** Path of the next page. Absent: this page is the last one. */
  next?: string;
}

/**
 * Reads the documents of a list behind an id. Documents about another thing may have the same id and are left out. The
 * search continues until a page has an item, the list ends, or MAX_PAGES_READ is reached.
 */
export async function readList(
  { name, list }: { name: string; list: PersonList },
  userId: string,
  after: string,
): Promise<ListPage> {
  if (after !== "" && !isId(after)) throw invalidPage();
  let page = await readPage(list, userId, after);
  for (let read = 1; read < MAX_PAGES_READ && page.items.length === 0 && page.last !== undefined; read += 1)
    page = await readPage(list, userId, page.last);
  const { items, last } = page;
  if (last === undefined) return { items };
  const rest = new URLSearchParams({ collection: name, after: last });
  return { items, next: `/users/${encodeURIComponent(userId)}/data?${rest}` };
}

/** Reads one page. @returns its items, and the id of its last document when more documents follow */
async function readPage(
  list: PersonList,
  userId: string,
  after: string,
): Promise<{ items: object[]; last?: string }> {
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
  return docs.length <= DOCUMENTS_PER_LIST ? { items } : { items, last: shown.at(-1)?.id };
}

/** Tells whether a list may hold a document about the person: an item, or documents that are not read yet. */
export function mayHold({ items, next }: ListPage): boolean {
  return items.length > 0 || next !== undefined;
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
