import { recommendations } from "../../collections.ts";
import { readDocument, readDocuments } from "../../google/firestore.ts";
import { archivedIn } from "../../pipeline/records/archived-event.ts";
import type { Sums, SumsEntry } from "../../rules/counting/day-sums.ts";
import type { RecommendationHits } from "../closing/day-report-types.ts";
import { LATEST, popular } from "./write-affinities.ts";

const MET = "met";
const SHOWN = "shown ";

/**
 * Compares orders of the day with what was recommended until then: to be asked before this night recommends. What
 * somebody knew before is never recommended, but may well be popular: the comparison is none in our favour.
 * @param placed archived orders, as JSON
 */
export async function countHits(placed: readonly string[]): Promise<SumsEntry[]> {
  const orders = placed.flatMap(json => {
    const event = archivedIn(json);
    if (event?.event_type !== "order.placed" || event.user_id === undefined) return [];
    return [{ user_id: event.user_id, ordered: event.payload.items.map(({ product_id }) => product_id) }];
  });
  if (orders.length === 0) return [];
  const [lists, best] = await Promise.all([
    readDocuments(
      recommendations,
      orders.map(({ user_id }) => user_id),
    ),
    readDocument(popular, LATEST),
  ]);
  return orders.flatMap(({ ordered }, index): SumsEntry[] => {
    const items = lists[index]?.items ?? [];
    if (items.length === 0) return [];
    const isIn = (list: readonly string[] = []): number => Number(ordered.some(item => list.includes(item)));
    const met = { orders: 1, hits: isIn(items), popular_hits: isIn(best?.items) };
    return [[MET, met], ...items.map(item => [`${SHOWN}${item}`, { n: 1 }] as const)];
  });
}

/** What the parts of the night have found out; undefined where nobody was recommended anything. */
export async function readHits(sums: Sums): Promise<RecommendationHits | undefined> {
  const { orders = 0, hits = 0, popular_hits = 0 } = sums.get(MET) ?? {};
  if (orders === 0) return undefined;
  const shown = [...sums.keys()].filter(key => key.startsWith(SHOWN)).length;
  const { products = 0 } = (await readDocument(popular, LATEST)) ?? {};
  return { orders, hits, popular_hits, shown, products };
}

/** The same as parts of one, to four digits, as a report shows it. */
export function shownMet({ orders, hits, popular_hits, shown, products }: RecommendationHits) {
  const part = (some: number, all: number): number =>
    all === 0 ? 0 : Math.round((some / all) * 10_000) / 10_000;
  return {
    orders,
    hit_at_10: part(hits, orders),
    popular_hit_at_10: part(popular_hits, orders),
    coverage: part(shown, products),
    popular_coverage: part(Math.min(10, products), products),
  };
}
