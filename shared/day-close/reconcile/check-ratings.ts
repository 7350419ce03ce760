import type { Rating } from "../../collections.ts";
import { products, ratings, reviews } from "../../collections.ts";
import { countAndSum, firestore, readDocuments } from "../../google/firestore.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { PageStep } from "../closing/page-step.ts";
import { idsAfter, inTens } from "../closing/pages.ts";
import { repairDocument } from "../closing/repair.ts";

/** Products per page. Each product costs one read per 1,000 reviews. */
const PRODUCTS_PER_PAGE = 100;

/** Compares the rating of each product with its published reviews, and repairs a wrong rating. */
export const checkRatings: PageStep = async ({ day, run, after }, work) => {
  const { ids, next } = await idsAfter(products, after, PRODUCTS_PER_PAGE);
  const suspects = await wrongAmong(ids, await readDocuments(ratings, ids));
  // A review and its rating change in one commit, so the reviews are stable while the rating read here is.
  const wrong = await wrongAmong(suspects, await work.getAll(ratings, suspects));
  const rights = await inTens(wrong, publishedRating);
  const stored = await work.getAll(ratings, wrong);
  const findings = wrong.map((id, index): Finding => {
    const [before, right] = [stored[index], rights[index] ?? NO_RATING];
    repairDocument(ratings, { id, before, after: right }, { closing: { day, run }, work });
    return { kind: "rating", about: id, expected: ratingText(right), found: ratingText(before ?? NO_RATING) };
  });
  return { findings, next };
};

const NO_RATING: Rating = { count: 0, sum: 0 };

async function wrongAmong(
  ids: readonly string[],
  stored: readonly (Rating | undefined)[],
): Promise<string[]> {
  const rights = await inTens(ids, publishedRating);
  return ids.filter((_, index) => {
    const { count, sum } = stored[index] ?? NO_RATING;
    return count !== rights[index]?.count || sum !== rights[index]?.sum;
  });
}

function publishedRating(productId: string): Promise<Rating> {
  const published = firestore()
    .collection(reviews.name)
    .where("product_id", "==", productId)
    .where("state", "==", "published");
  return countAndSum(published, "rating");
}

function ratingText({ count, sum }: Rating): string {
  return `${count} reviews, ${sum} stars`;
}
