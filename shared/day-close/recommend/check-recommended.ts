import { recommendations } from "../../collections.ts";
import { readDocument, readDocuments } from "../../google/firestore.ts";
import { archivedIn } from "../../pipeline/records/archived-event.ts";
import type { Sums, SumsEntry } from "../../rules/counting/day-sums.ts";
import type { RecommendationHits } from "../closing/day-report-types.ts";
import { LATEST, popular } from "./write-affinities.ts";

/** Keys of the sums: orders with their hits, and each recommended product. */
const HITS = "recommendation hits";
const SHOWN = "shown ";

/**
 * Compares orders of the day with the recommendations that their users had. This runs before the closing writes new
 * recommendations. The comparison favours the popular products: they include products that the user knows, which are
 * never recommended.
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
    const tally = { orders: 1, hits: isIn(items), popular_hits: isIn(best?.items) };
    return [[HITS, tally], ...items.map(item => [`${SHOWN}${item}`, { n: 1 }] as const)];
  });
}

/**
 * Reads the hits that the parts of the closing have counted.
 * @returns undefined when no user had recommendations
 */
export async function readHits(sums: Sums): Promise<RecommendationHits | undefined> {
  const { orders = 0, hits = 0, popular_hits = 0 } = sums.get(HITS) ?? {};
  if (orders === 0) return undefined;
  const shown = [...sums.keys()].filter(key => key.startsWith(SHOWN)).length;
  const { products = 0 } = (await readDocument(popular, LATEST)) ?? {};
  return { orders, hits, popular_hits, shown, products };
}

/** Converts hits into the report's form: parts of one, to four digits. */
export function hitsView({ orders, hits, popular_hits, shown, products }: RecommendationHits) {
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
