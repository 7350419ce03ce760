import * as v from "valibot";
import { isId } from "../events/define.ts";
import type { Collection, PageStart } from "../google/firestore.ts";
import { readNewest } from "../google/firestore.ts";
import { Problem } from "./problem.ts";

const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;

/** What a request asks of a list: how many, and behind which one. */
export interface PageAsked {
  limit: number;
  after: PageStart | undefined;
}

/**
 * Reads `limit` (1 to 100, by itself 20) and `page_token` (from the page before) of a query.
 * @throws Problem 400 that says what was expected
 */
export function pageIn(query: URLSearchParams): PageAsked {
  const limit = query.get("limit") ?? String(DEFAULT_PAGE);
  if (!/^[1-9]\d{0,2}$/.test(limit) || Number(limit) > MAX_PAGE)
    throw invalidPage(`limit must be a whole number from 1 to ${MAX_PAGE}.`);
  const token = query.get("page_token");
  return { limit: Number(limit), after: token === null ? undefined : startOf(token) };
}

/** One page of a list as it is answered: the items, newest first, and the way to the next page where there is one. */
export async function listPage<T extends object>(
  from: Collection<T>,
  list: { where: Partial<T>; newestBy: keyof T & string; page: PageAsked; shown: (document: T) => object },
): Promise<{ items: object[]; next_page_token?: string }> {
  const { where, newestBy, page, shown } = list;
  const found = await readNewest(from, { where, newestBy, limit: page.limit + 1, after: page.after });
  const items = found.slice(0, page.limit);
  const last = items.at(-1);
  return {
    items: items.map(({ document }) => shown(document)),
    ...(found.length > page.limit &&
      last && { next_page_token: tokenOf({ ms: Number(last.document[newestBy]), id: last.id }) }),
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
    // What Firestore takes for no document's id would be trouble of the platform.
  }
  throw invalidPage("page_token must be the next_page_token of the page before.");
}

function invalidPage(detail: string): Problem {
  return new Problem({ status: 400, slug: "invalid-page", detail });
}
