/** The life of a review. The spam rules judge a review once; a moderator may decide again at any time. */

import type { Owned } from "../events/ownership.ts";

export type ReviewState = "pending" | "published" | "held" | "rejected";

/** The document `reviews/{review_id}`. */
export interface Review extends Owned {
  review_id: string;
  product_id: string;
  user_id: string;
  rating: number;
  comment?: string;
  state: ReviewState;
  /** Reasons for which the spam rules held the review. */
  reasons: string[];
  submitted_at_ms: number;
  /** The moderator who decided last. Absent: no moderator has decided. */
  decided_by?: string;
}

/** The document `review_texts/{hash of the text}`: the first users who wrote this text, at most SAME_TEXT_USERS. */
export interface ReviewText {
  user_ids: string[];
}

const STATE_AFTER = { publish: "published", reject: "rejected" } as const;

/** Judges a pending review. A review without reasons against it is published. */
export function judgeReview(review: Review, reasons: readonly string[]): Review {
  return { ...review, state: reasons.length > 0 ? "held" : "published", reasons: [...reasons] };
}

/**
 * Applies a moderator's decision to a pending or an already decided review.
 * @returns undefined when the review already has that state
 */
export function moderate(review: Review, move: keyof typeof STATE_AFTER, by: string): Review | undefined {
  const state = STATE_AFTER[move];
  return review.state === state ? undefined : { ...review, state, decided_by: by };
}

/**
 * Calculates the change of the product's rating when a review changes its state.
 * @returns undefined when the rating stays the same
 */
export function ratingChange(before: ReviewState, after: Review): { count: number; sum: number } | undefined {
  const countBefore = before === "published" ? 1 : 0;
  const countAfter = after.state === "published" ? 1 : 0;
  const count = countAfter - countBefore;
  return count === 0 ? undefined : { count, sum: count * after.rating };
}
