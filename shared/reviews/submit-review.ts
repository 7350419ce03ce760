import * as v from "valibot";
import { checkCustomer } from "../accounts/account.ts";
import { products, reviews } from "../collections.ts";
import { id, text, wholeNumber } from "../events/define.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import type { Review } from "../rules/review.ts";
import { reviewView } from "./review-view.ts";

/** Max characters of a comment. */
const MAX_COMMENT_CHARACTERS = 10_000;

const reviewBody = v.strictObject({
  user_id: id,
  rating: wholeNumber(1, 5),
  comment: v.exactOptional(text(MAX_COMMENT_CHARACTERS)),
});

/**
 * Stores a review as pending and announces the review. The reaction `moderation` publishes or holds the review
 * afterwards.
 * @throws Problem 404 when the product does not exist, 403 or 410 when the user may not use the shop
 */
export async function submitReview({ params, body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const productId = idIn(params, "product");
  const { user_id, rating, comment } = validBody(reviewBody, body);
  if (!(await work.get(products, productId))) throw noSuch("product");
  await checkCustomer(user_id, work);
  const content = { product_id: productId, rating, comment };
  const review: Review = {
    ...content,
    review_id: newId("rev"),
    user_id,
    state: "pending",
    reasons: [],
    submitted_at_ms: nowMs,
    owned_by: "products",
    owned_since_ms: nowMs,
  };
  work.create(reviews, review.review_id, review);
  const payload = { ...content, review_id: review.review_id };
  work.emit({ event_type: "product.reviewed", user_id, payload });
  return { status: 201, body: reviewView(review), aggregate: review.review_id };
}
