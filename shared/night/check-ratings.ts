import type { Rating } from "../collections.ts";
import { products, ratings, reviews } from "../collections.ts";
import { countAndSum, firestore } from "../google/firestore.ts";
import { repairDocument } from "./repair.ts";
import type { Step } from "./step.ts";

/** Each costs a read for every thousand of its reviews. */
const PAGE = 100;
const AT_ONCE = 10;

/** Compares the rating of each product with its published reviews, and puts it right. */
export const checkRatings: Step = async ({ day, run, after }, work) => {
  const all = firestore().collection(products.name).orderBy("__name__").limit(PAGE).select();
  const { docs } = await (after === "" ? all : all.startAfter(after)).get();
  for (let at = 0; at < docs.length; at += AT_ONCE) {
    const some = docs.slice(at, at + AT_ONCE);
    await Promise.all(some.map(({ id }) => checkRating(id, { day, run, nowMs: work.nowMs })));
  }
  return { sums: new Map(), next: docs.length < PAGE ? undefined : docs.at(-1)?.id };
};

/**
 * A review and its rating change in one commit: while the rating has not changed since it was read, the reviews that
 * were counted after that are those it should say.
 */
async function checkRating(
  productId: string,
  closing: { day: string; run: number; nowMs: number },
): Promise<void> {
  await repairDocument(ratings, productId, closing, async (before: Rating = { count: 0, sum: 0 }) => {
    const published = firestore()
      .collection(reviews.name)
      .where("product_id", "==", productId)
      .where("state", "==", "published");
    const after = await countAndSum(published, "rating");
    return after.count === before.count && after.sum === before.sum ? undefined : after;
  });
}
