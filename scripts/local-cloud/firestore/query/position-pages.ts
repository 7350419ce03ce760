import { invalidArgument } from "../../rpc-error.ts";

/** Items of a page when the request sets no size. */
const DEFAULT_PAGE_SIZE = 300;

/** A request for a page. The token is the position of the page's first item. */
export interface PositionRequest {
  pageSize?: number;
  pageToken?: string;
}

/** Returns the requested page and the token of the next one; no token on the last page. */
export function positionPageOf<Item>(items: readonly Item[], request: PositionRequest) {
  const end = endOf(request);
  const nextPageToken = end < items.length ? String(end) : undefined;
  return { page: items.slice(startOf(request), end), nextPageToken };
}

/** Returns the position after the requested page. */
export function endOf(request: PositionRequest): number {
  return startOf(request) + (request.pageSize || DEFAULT_PAGE_SIZE);
}

function startOf({ pageToken }: PositionRequest): number {
  const start = pageToken ? Number(pageToken) : 0;
  if (!Number.isSafeInteger(start) || start < 0) {
    throw invalidArgument("Page token is invalid: expected the next_page_token of the previous response.");
  }
  return start;
}
