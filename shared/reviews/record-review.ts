import { ratings, reviews, userReviews } from "../collections.ts";
import type { Work } from "../pipeline/work.ts";
import type { Review } from "../rules/review.ts";
import { ratingChange, replaceEarlier, reviewsToKeep } from "../rules/review.ts";
import { hashOf } from "../values/ids.ts";

/**
 * Writes a review whose state changes. Other reviews of its user and product change with it, because at most one of
 * them counts. The rating of the product follows in the same commit.
 * @returns the review with its new state, which is "replaced" when a later review counts
 */
export async function recordReview(
  { before, after }: { before: Review; after: Review },
  work: Work,
): Promise<Review> {
  const { review_id, user_id, product_id } = after;
  const id = hashOf(user_id, product_id);
  const { review_ids } = (await work.get(userReviews, id)) ?? { review_ids: [] };
  const others = (
    await work.getAll(
      reviews,
      review_ids.filter(other => other !== review_id),
    )
  ).flatMap(other => other ?? []);
  const stored = new Map([...others, before].map(review => [review.review_id, review]));
  const all = replaceEarlier([...others, after]);
  const rating = { count: 0, sum: 0 };
  for (const review of all) {
    const was = stored.get(review.review_id)?.state ?? "pending";
    if (was === review.state) continue;
    work.set(reviews, review.review_id, review);
    const { count, sum } = ratingChange(was, review) ?? { count: 0, sum: 0 };
    rating.count += count;
    rating.sum += sum;
  }
  if (rating.count !== 0 || rating.sum !== 0) work.increment(ratings, product_id, rating);
  work.set(userReviews, id, { user_id, product_id, review_ids: reviewsToKeep(all) });
  return all.find(review => review.review_id === review_id) ?? after;
}
