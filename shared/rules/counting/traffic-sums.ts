import type { PulseCartEvent } from "../../events/envelope.ts";
import { searchTerm } from "./search-term.ts";

/** A view or a search, and the UTC day PulseCart heard of it. */
export interface BrowseFact {
  day: string;
  /** Undefined: it can no longer be read, and counts all the same. */
  event: PulseCartEvent<"product.viewed" | "search.performed"> | undefined;
  event_type: string;
}

/** What some views and searches add up to. */
export interface BrowseSums {
  /** By day. */
  days: Map<string, { views: number; searches: number }>;
  /** By day, then by product. */
  products: Map<string, Map<string, number>>;
  /** By day, then by term. */
  terms: Map<string, Map<string, number>>;
  /** By user, then by product: the time of the latest view. */
  viewed: Map<string, Map<string, number>>;
}

/** Adds up views and searches. Sums of parts add up to the sums of the whole, however it is parted. */
export function sumBrowseEvents(facts: Iterable<BrowseFact>): BrowseSums {
  const sums: BrowseSums = { days: new Map(), products: new Map(), terms: new Map(), viewed: new Map() };
  for (const { day, event, event_type } of facts) {
    const ofDay = sums.days.get(day) ?? { views: 0, searches: 0 };
    sums.days.set(day, ofDay);
    if (event_type === "product.viewed") ofDay.views += 1;
    else ofDay.searches += 1;
    if (event) addContent(sums, day, event);
  }
  return sums;
}

function addContent(sums: BrowseSums, day: string, event: NonNullable<BrowseFact["event"]>): void {
  if (event.event_type === "search.performed") {
    const term = searchTerm(event.payload.query);
    if (term !== undefined) increase(sums.terms, day, term);
    return;
  }
  const { product_id } = event.payload;
  increase(sums.products, day, product_id);
  // A client's clock may run ahead; when we heard of it is the bound.
  const atMs = Math.min(Date.parse(event.timestamp), Date.parse(event.received_at));
  const ofUser = sums.viewed.get(event.user_id) ?? new Map<string, number>();
  sums.viewed.set(event.user_id, ofUser);
  ofUser.set(product_id, Math.max(atMs, ofUser.get(product_id) ?? atMs));
}

function increase(counts: Map<string, Map<string, number>>, day: string, name: string): void {
  const ofDay = counts.get(day) ?? new Map<string, number>();
  counts.set(day, ofDay);
  ofDay.set(name, (ofDay.get(name) ?? 0) + 1);
}
