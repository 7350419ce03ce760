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

const MAX_COMMENT = 10_000;

const reviewBody = v.strictObject({
  user_id: id,
  rating: wholeNumber(1, 5),
  comment: v.exactOptional(text(MAX_COMMENT)),
});

/** Takes a review of a product; whether it is shown is decided afterwards. */
export async function submitReview({ params, body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const productId = idIn(params, "product");
  const { user_id, rating, comment } = validBody(reviewBody, body);
  if (!(await work.get(products, productId))) throw noSuch("product");
  await checkCustomer(user_id, work);
  const said = { product_id: productId, rating, ...(comment === undefined ? {} : { comment }) };
  const review: Review = {
    ...said,
    review_id: newId("rev"),
    user_id,
    state: "pending",
    reasons: [],
    submitted_at_ms: nowMs,
  };
  work.create(reviews, review.review_id, review);
  const payload = { ...said, review_id: review.review_id };
  work.emit({ event_type: "product.reviewed", user_id, payload });
  return { status: 201, body: reviewView(review), aggregate: review.review_id };
}
