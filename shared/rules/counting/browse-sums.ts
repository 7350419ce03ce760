import type { PulseCartEvent } from "../../events/envelope.ts";
import { happenedAt } from "../../events/happened-at.ts";
import { searchTerm } from "./search-term.ts";

/** A view or a search. */
export interface BrowseFact {
  /** UTC day of receipt. */
  day: string;
  /** Undefined: the archived event cannot be read any more. The event counts all the same. */
  event: PulseCartEvent<"product.viewed" | "search.performed"> | undefined;
  event_type: string;
}

/** Sums of views and searches. */
export interface BrowseSums {
  /** Totals by day. */
  days: Map<string, { views: number; searches: number }>;
  /** Views by day, then by product. */
  products: Map<string, Map<string, number>>;
  /** Searches by day, then by term. */
  terms: Map<string, Map<string, number>>;
  /** Times of the latest view, by user, then by product. */
  viewed: Map<string, Map<string, number>>;
}

/** Adds up views and searches. The sums of the parts add up to the sums of the whole, for any division into parts. */
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
    if (term !== undefined) increaseCount(sums.terms, day, term);
    return;
  }
  const { product_id } = event.payload;
  increaseCount(sums.products, day, product_id);
  const atMs = happenedAt(event);
  const ofUser = sums.viewed.get(event.user_id) ?? new Map<string, number>();
  sums.viewed.set(event.user_id, ofUser);
  ofUser.set(product_id, Math.max(atMs, ofUser.get(product_id) ?? atMs));
}

function increaseCount(counts: Map<string, Map<string, number>>, day: string, name: string): void {
  const ofDay = counts.get(day) ?? new Map<string, number>();
  counts.set(day, ofDay);
  ofDay.set(name, (ofDay.get(name) ?? 0) + 1);
}
