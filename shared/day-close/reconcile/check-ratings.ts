import type { Rating } from "../../collections.ts";
import { products, ratings, reviews } from "../../collections.ts";
import { countAndSum, firestore, readDocuments } from "../../google/firestore.ts";
import { judge } from "../../rules/witness.ts";
import type { Finding } from "../closing/day-report-types.ts";
import type { PageStep } from "../closing/page-step.ts";
import { idsAfter, inTens } from "../closing/pages.ts";
import { repairDocument } from "../closing/repair.ts";
import { reviewedRating } from "./reviewed-rating.ts";
import { findingOf, statement } from "./statements.ts";

/** Products per page. Each product costs one read per 1,000 reviews. */
const PRODUCTS_PER_PAGE = 100;

/**
 * Compares the rating of each product with its published reviews. Where they differ, the archived product.reviewed
 * events are read as the second witness: they state the stars of each review. The rating is repaired when both agree.
 */
export const checkRatings: PageStep = async ({ dayClosing, day, run, after }, work) => {
  if (run > 1) return { next: undefined };
  const { ids, next } = await idsAfter(products, after, PRODUCTS_PER_PAGE);
  const suspects = await wrongAmong(ids, await readDocuments(ratings, ids));
  // A review and its rating change in one commit, so the reviews are stable while the rating read here is.
  const stored = await work.getAll(ratings, suspects);
  const rights = await inTens(suspects, publishedRating);
  const byEvents = await inTens(suspects, id => reviewedRating(id, dayClosing.cut_off_ms));
  const findings = suspects.flatMap((id, index): Finding[] => {
    const [before, right] = [stored[index], rights[index] ?? NO_RATING];
    const compared = {
      kind: "rating" as const,
      about: id,
      stored: statement("the rating", before && ratingText(before)),
      witnesses: [
        statement("the published reviews", right.count === 0 ? undefined : ratingText(right)),
        statement("the events", byEvents[index] && ratingText(byEvents[index])),
      ],
      absent: ratingText(NO_RATING),
    };
    const finding = findingOf(compared);
    if (judge(compared.stored, compared.witnesses).right === ratingText(right))
      repairDocument(ratings, { id, before, after: right }, { closing: { day, run }, work });
    return finding ? [finding] : [];
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
