/** The history of a product's categories, oldest first. An empty text: no category since then. */
export type Categories = readonly { category: string; since_ms: number }[];

/** Max categories in a history. The latest stay. */
const MAX_CATEGORIES = 50;

/**
 * Adds a category to the history.
 * @param category undefined: the product has no category any more
 */
export function categoriesAfter(
  before: Categories = [],
  category: string | undefined,
  nowMs: number,
): { category: string; since_ms: number }[] {
  if ((categoryNow(before) ?? "") === (category ?? "")) return [...before];
  return [...before, { category: category ?? "", since_ms: nowMs }].slice(-MAX_CATEGORIES);
}

/**
 * Returns the current category.
 * @returns undefined when the product has none
 */
export function categoryNow(categories: Categories = []): string | undefined {
  return categories.at(-1)?.category || undefined;
}

/** Returns the category just before a time. Later changes do not change the result. */
export function categoryAt(categories: Categories = [], atMs: number): string | undefined {
  return categories.findLast(({ since_ms }) => since_ms < atMs)?.category || undefined;
}
