import type { PulseCartEvent } from "../../events/envelope.ts";
import { happenedAt } from "../../events/happened-at.ts";
import type { TermCount, TermSearch } from "./term-people.ts";
import { addTermCounts, termSearch } from "./term-people.ts";

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
  /** Searches by day, then by term, with the people who searched. */
  terms: Map<string, Map<string, TermCount>>;
  /** Times of the latest view, by user, then by product. */
  viewed: Map<string, Map<string, number>>;
}

/** Adds up views and searches. The sums of the parts add up to the sums of the whole, for any division into parts. */
export function sumBrowseEvents(facts: Iterable<BrowseFact>): BrowseSums {
  const sums: BrowseSums = { days: new Map(), products: new Map(), terms: new Map(), viewed: new Map() };
  for (const { day, event, event_type } of facts) {
    const totals = sums.days.get(day) ?? { views: 0, searches: 0 };
    sums.days.set(day, totals);
    if (event_type === "product.viewed") totals.views += 1;
    else totals.searches += 1;
    if (event) addContent(sums, day, event);
  }
  return sums;
}

function addContent(sums: BrowseSums, day: string, event: NonNullable<BrowseFact["event"]>): void {
  if (event.event_type === "search.performed") {
    const found = termSearch(event);
    if (found) addTerm(ofDay(sums.terms, day), found);
    return;
  }
  const { product_id } = event.payload;
  const views = ofDay(sums.products, day);
  views.set(product_id, (views.get(product_id) ?? 0) + 1);
  const atMs = happenedAt(event);
  const ofUser = sums.viewed.get(event.user_id) ?? new Map<string, number>();
  sums.viewed.set(event.user_id, ofUser);
  ofUser.set(product_id, Math.max(atMs, ofUser.get(product_id) ?? atMs));
}

function addTerm(terms: Map<string, TermCount>, { term, person }: TermSearch): void {
  const before = terms.get(term) ?? { searches: 0, people: [] };
  terms.set(term, addTermCounts(before, { searches: 1, people: [person] }));
}

function ofDay<T>(counts: Map<string, Map<string, T>>, day: string): Map<string, T> {
  const found = counts.get(day) ?? new Map<string, T>();
  counts.set(day, found);
  return found;
}
