/** The life of a review: judged once by the rules, and by a moderator as often as they like. */

export type ReviewState = "pending" | "published" | "held" | "rejected";

/** The document `reviews/{review_id}`. */
export interface Review {
  review_id: string;
  product_id: string;
  user_id: string;
  rating: number;
  comment?: string;
  state: ReviewState;
  /** Why the rules held it. */
  reasons: string[];
  submitted_at_ms: number;
  decided_by?: string;
}

/** The document `review_texts/{hash of the text}`: who wrote the same, as many as matter. */
export interface ReviewText {
  user_ids: string[];
}

const OUTCOME = { publish: "published", reject: "rejected" } as const;

/** The rules judge a pending review: without a reason against it, it is published. */
export function judgeReview(review: Review, reasons: readonly string[]): Review {
  return { ...review, state: reasons.length > 0 ? "held" : "published", reasons: [...reasons] };
}

/** A moderator decides. Undefined: it is so already. */
export function moderate(review: Review, move: keyof typeof OUTCOME, by: string): Review | undefined {
  const state = OUTCOME[move];
  return review.state === state ? undefined : { ...review, state, decided_by: by };
}

/** What a change of state adds to the product's rating; undefined: nothing. */
export function ratingChange(before: ReviewState, after: Review): { count: number; sum: number } | undefined {
  const was = before === "published" ? 1 : 0;
  const is = after.state === "published" ? 1 : 0;
  const count = is - was;
  return count === 0 ? undefined : { count, sum: count * after.rating };
}
