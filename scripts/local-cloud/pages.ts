import { invalidArgument } from "./rpc-error.ts";

export interface PageRequest {
  pageSize?: number;
  pageToken?: string;
}

/**
 * Returns one page of named items in the order of their names. The token holds the last name of the page before.
 * Pages therefore stay correct when an item is created or deleted between two requests.
 * @throws RpcError INVALID_ARGUMENT for a token that is no base64url of a name
 */
export function pageOf<Item extends { name: string }>(
  items: Iterable<Item>,
  { pageSize, pageToken }: PageRequest,
  maxPageSize: number,
): { items: Item[]; nextPageToken: string } {
  const after = pageToken ? Buffer.from(pageToken, "base64url").toString() : "";
  if (pageToken && Buffer.from(after).toString("base64url") !== pageToken) {
    throw invalidArgument("Invalid page token: expected the next_page_token of the previous response.");
  }
  const size = Math.min(pageSize || maxPageSize, maxPageSize);
  const rest = [...items].filter(item => item.name > after).sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = rest.slice(0, size);
  const last = rest.length > size ? page.at(-1) : undefined;
  return { items: page, nextPageToken: last ? Buffer.from(last.name).toString("base64url") : "" };
}
