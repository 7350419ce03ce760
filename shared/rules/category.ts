/** What a product was filed under, and since when; oldest first. An empty word: under nothing any more. */
export type Categories = readonly { category: string; since_ms: number }[];

/** Of a product that is refiled more often the oldest are forgotten. */
const MAX_KEPT = 50;

/** The record after a product was filed under a category; undefined: under none. */
export function categoriesAfter(
  before: Categories = [],
  category: string | undefined,
  nowMs: number,
): { category: string; since_ms: number }[] {
  if ((categoryNow(before) ?? "") === (category ?? "")) return [...before];
  return [...before, { category: category ?? "", since_ms: nowMs }].slice(-MAX_KEPT);
}

/** Undefined: it is filed under nothing. */
export function categoryNow(categories: Categories = []): string | undefined {
  return categories.at(-1)?.category || undefined;
}

/** What it was filed under just before a time: later changes do not change the answer. */
export function categoryAt(categories: Categories = [], atMs: number): string | undefined {
  return categories.findLast(({ since_ms }) => since_ms < atMs)?.category || undefined;
}
