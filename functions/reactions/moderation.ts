import { redactIfErased } from "../../shared/accounts/erased.ts";
import { reviews, reviewTexts } from "../../shared/collections.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { happenedAt } from "../../shared/events/happened-at.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { claimOf } from "../../shared/producers/claim.ts";
import { recordReview } from "../../shared/reviews/record-review.ts";
import type { Review } from "../../shared/rules/review.ts";
import { judgeReview } from "../../shared/rules/review.ts";
import { normalisedText, SAME_TEXT_USERS, spamReasons } from "../../shared/rules/spam.ts";
import { hashOf } from "../../shared/values/ids.ts";

/**
 * Publishes a review or holds it for a moderator with the reasons. Reviews from other systems are recorded as well. A
 * later review of the same user and product replaces an earlier one, in every order of arrival.
 */
export const moderation = reaction("moderation", { "product.reviewed": judge });

async function judge(received: PulseCartEvent<"product.reviewed">, work: Work): Promise<Skip | void> {
  const event = await redactIfErased(received, work);
  const reviewId = event.payload.review_id ?? event.event_id;
  const before = (await work.get(reviews, reviewId)) ?? newReview(reviewId, event, work);
  if (before.state !== "pending") return skip("the review was judged before");
  const sameTextUsers = await countUsersOfText(before, work);
  const after = judgeReview(before, spamReasons(before.comment ?? "", { sameTextUsers }));
  await recordReview({ before, after }, work);
}

function newReview(reviewId: string, event: PulseCartEvent<"product.reviewed">, work: Work): Review {
  const { product_id, rating, comment } = event.payload;
  return {
    review_id: reviewId,
    product_id,
    user_id: event.user_id,
    rating,
    comment,
    state: "pending",
    reasons: [],
    submitted_at_ms: happenedAt(event),
    ...claimOf(event, work),
  };
}

/** Counts the users who wrote this text, including the author of this review, up to one above SAME_TEXT_USERS. */
async function countUsersOfText({ comment, user_id }: Review, work: Work): Promise<number> {
  const text = normalisedText(comment ?? "");
  if (text === "") return 0;
  const id = hashOf(text);
  const { user_ids } = (await work.get(reviewTexts, id)) ?? { user_ids: [] };
  const users = [...new Set([...user_ids, user_id])];
  if (users.length > user_ids.length && user_ids.length < SAME_TEXT_USERS)
    work.set(reviewTexts, id, { user_ids: users });
  return users.length;
}
