import * as v from "valibot";
import { isId } from "../events/define.ts";
import type { Collection, PageStart } from "../google/firestore.ts";
import { readNewest } from "../google/firestore.ts";
import { Problem } from "./problem.ts";

/** Items per page when a request names no limit. */
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** The page that a request asks for. */
export interface PageAsked {
  /** The number of items, 1 to 100. */
  limit: number;
  /** The place behind which the page starts; undefined for the first page. */
  after: PageStart | undefined;
}

/**
 * Reads `limit` (1 to 100, by default 20) and `page_token` (from the previous page) from a query.
 * @throws Problem 400 with the expected value
 */
export function pageIn(query: URLSearchParams): PageAsked {
  const limit = query.get("limit") ?? String(DEFAULT_LIMIT);
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > MAX_LIMIT)
    throw invalidPage(`limit must be a whole number from 1 to ${MAX_LIMIT}.`);
  const token = query.get("page_token");
  return { limit: Number(limit), after: token === null ? undefined : startOf(token) };
}

/**
 * Reads one page of a list.
 * @param list.view turns a document into the item of the answer
 * @returns the items, newest first, and a token when another page follows
 */
export async function listPage<T extends object>(
  from: Collection<T>,
  list: { where: Partial<T>; newestBy: keyof T & string; page: PageAsked; view: (document: T) => object },
): Promise<{ items: object[]; next_page_token?: string }> {
  const { where, newestBy, page, view } = list;
  const found = await readNewest(from, { where, newestBy, limit: page.limit + 1, after: page.after });
  const items = found.slice(0, page.limit);
  const last = items.at(-1);
  const isLastPage = found.length <= page.limit || last === undefined;
  return {
    items: items.map(({ document }) => view(document)),
    next_page_token: isLastPage ? undefined : tokenOf({ ms: Number(last.document[newestBy]), id: last.id }),
  };
}

const start = v.strictTuple([v.pipe(v.number(), v.safeInteger()), v.custom<string>(isId)]);

function tokenOf({ ms, id }: PageStart): string {
  return Buffer.from(JSON.stringify([ms, id])).toString("base64url");
}

function startOf(token: string): PageStart {
  try {
    const [ms, id] = v.parse(start, JSON.parse(Buffer.from(token, "base64url").toString("utf8")));
    return { ms, id };
  } catch {
    // No token of this service. Firestore would refuse some ids, and the client would see a 503.
  }
  throw invalidPage("page_token must be the next_page_token of the previous page.");
}

function invalidPage(detail: string): Problem {
  return new Problem({ status: 400, slug: "invalid-page", detail });
}
