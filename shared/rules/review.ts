/**
 * The life of a review. The spam rules judge a review once; a moderator may decide again at any time. One review per
 * user and product counts: the latest published one. A later one that is held or rejected replaces no published one.
 * A review that another system reports never replaces a review that was written here.
 */

import type { Owned } from "../events/ownership.ts";
import { OWNERS } from "../events/ownership.ts";

export type ReviewState = "pending" | "published" | "held" | "rejected" | "replaced";

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
  /** Time at which the user wrote the review, at the latest its receipt. Later reviews replace earlier ones. */
  submitted_at_ms: number;
  /** State of a replaced review before. The state returns when the later review is rejected. */
  replaced_state?: "published" | "held";
  /** The moderator who decided last. Absent: no moderator has decided. */
  decided_by?: string;
}

/**
 * The document `user_reviews/{hash of user and product}`: the reviews that one user wrote about one product and that
 * may count. A replaced review may count again.
 */
export interface UserReviews {
  user_id: string;
  product_id: string;
  review_ids: string[];
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

/**
 * Max reviews of one user about one product that may count. A unit of work reads all of them, and an honest user writes
 * fewer. Beyond the limit, the oldest replaced ones stay replaced.
 */
const MAX_USER_REVIEWS = 20;

/**
 * Decides which reviews of one user about one product count. The latest published one replaces all earlier ones. The
 * latest held one replaces earlier held ones, so a moderator decides about one review. A review
 * that was written here counts as later than a reported one. The result depends only on the reviews, in any order.
 * @returns all reviews, earliest first, with their new states
 */
export function replaceEarlier(reviews: readonly Review[]): Review[] {
  const all = reviews.map(unreplaced).toSorted(compareReviews);
  const published = all.findLastIndex(({ state }) => state === "published");
  const held = all.findLastIndex(({ state }) => state === "held");
  return all.map((review, index) => {
    if (review.state === "published" && index < published) return replaced(review, "published");
    if (review.state === "held" && index < Math.max(published, held)) return replaced(review, "held");
    return review;
  });
}

/** Returns the ids of the reviews that may count now or later, from the result of replaceEarlier. */
export function reviewsToKeep(reviews: readonly Review[]): string[] {
  const judged = reviews.filter(({ state }) => state !== "pending" && state !== "rejected");
  let surplus = judged.length - MAX_USER_REVIEWS;
  const kept = judged.filter(({ state }) => state !== "replaced" || surplus-- <= 0);
  return kept.map(({ review_id }) => review_id);
}

function unreplaced({ replaced_state, ...review }: Review): Review {
  return replaced_state === undefined ? review : { ...review, state: replaced_state };
}

function replaced(review: Review, replaced_state: "published" | "held"): Review {
  return { ...review, state: "replaced", replaced_state };
}

function compareReviews(a: Review, b: Review): number {
  const byOwner = Number(isWrittenHere(a)) - Number(isWrittenHere(b));
  return byOwner || a.submitted_at_ms - b.submitted_at_ms || (a.review_id < b.review_id ? -1 : 1);
}

function isWrittenHere({ owned_by }: Review): boolean {
  return owned_by !== undefined && OWNERS.has(owned_by);
}
