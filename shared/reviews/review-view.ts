import { reviews } from "../collections.ts";
import type { PageAsked } from "../http/page.ts";
import { listPage } from "../http/page.ts";
import type { Review } from "../rules/review.ts";

/** Returns a review as customers see it. */
export function reviewView({
  review_id,
  product_id,
  user_id,
  rating,
  comment,
  state,
  submitted_at_ms,
}: Review) {
  const submitted_at = new Date(submitted_at_ms).toISOString();
  return { review_id, product_id, user_id, rating, comment, state, submitted_at };
}

/** Returns a review as moderators see it, with the reasons and the moderator. */
export function moderatorView(review: Review) {
  return { ...reviewView(review), reasons: review.reasons, decided_by: review.decided_by };
}

/** Returns a page of the published reviews of a product, newest first. */
export function publishedReviews(productId: string, page: PageAsked) {
  const where = { product_id: productId, state: "published" } as const;
  return listPage(reviews, { where, newestBy: "submitted_at_ms", page, view: reviewView });
}
