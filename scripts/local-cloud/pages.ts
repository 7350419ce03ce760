import { invalidArgument } from "./rpc-error.ts";

export interface PageRequest {
  pageSize?: number;
  pageToken?: string;
}

/**
 * One page of what has a name, in the order of the names. The token is the last name of the page before it, so
 * that a page stays right when something is created or deleted in between. Throws INVALID_ARGUMENT for a token
 * it never gave out.
 */
export function pageOf<Item extends { name: string }>(
  items: Iterable<Item>,
  { pageSize, pageToken }: PageRequest,
  maxPageSize: number,
): { items: Item[]; nextPageToken: string } {
  const after = pageToken ? Buffer.from(pageToken, "base64url").toString() : "";
  if (pageToken && Buffer.from(after).toString("base64url") !== pageToken) {
    throw invalidArgument("Invalid page token: pass the next_page_token of the answer before this one.");
  }
  const size = Math.min(pageSize || maxPageSize, maxPageSize);
  const rest = [...items].filter(item => item.name > after).sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = rest.slice(0, size);
  const last = rest.length > size ? page.at(-1) : undefined;
  return { items: page, nextPageToken: last ? Buffer.from(last.name).toString("base64url") : "" };
}
