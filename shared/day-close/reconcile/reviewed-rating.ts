import type { Rating } from "../../collections.ts";
import { reviews } from "../../collections.ts";
import type { PulseCartEvent } from "../../events/envelope.ts";
import { firestore, readDocuments } from "../../google/firestore.ts";
import type { ArchivedEvent } from "../../pipeline/records/archived-event.ts";
import { archivedEvents, archivedIn } from "../../pipeline/records/archived-event.ts";
import type { Review } from "../../rules/review.ts";
import { isCopy } from "../closing/archive-copies.ts";

/** Events per read. */
const EVENTS_PER_PAGE = 125;

/**
 * Adds up the stars of a product's published reviews as their product.reviewed events state them. No event states
 * whether a review is published, so each review is read, and must agree with its event.
 * @returns undefined when a review is missing, differs from its event, or has a state that only a moderator knows
 */
export async function reviewedRating(productId: string, cutOffMs: number): Promise<Rating | undefined> {
  const events = firestore()
    .collection(archivedEvents.name)
    .where("product_id", "==", productId)
    .orderBy("__name__")
    .select("event", "event_id", "producer")
    .limit(EVENTS_PER_PAGE);
  const rating: Rating = { count: 0, sum: 0 };
  const seen = new Set<string>();
  for (let page = await events.get(), last = page.docs.at(-1); last; last = page.docs.at(-1)) {
    const covered = page.docs.filter(one => one.createTime.toMillis() < cutOffMs && !isCopy(one));
    const reported = covered.flatMap(one => reviewedIn((one.data() as ArchivedEvent).event));
    const stored = await readDocuments(
      reviews,
      reported.map(({ review_id }) => review_id),
    );
    for (const [index, event] of reported.entries()) {
      const review = stored[index];
      if (!review || !isProven(review, event)) return undefined;
      if (review.state !== "published" || seen.has(event.review_id)) continue;
      seen.add(event.review_id);
      rating.count += 1;
      rating.sum += event.rating;
    }
    if (page.size < EVENTS_PER_PAGE) break;
    page = await events.startAfter(last.id).get();
  }
  return rating;
}

interface Reviewed {
  review_id: string;
  product_id: string;
  rating: number;
}

function reviewedIn(json: string): Reviewed[] {
  const event = archivedIn(json);
  if (event?.event_type !== "product.reviewed") return [];
  const { payload, event_id } = event as PulseCartEvent<"product.reviewed">;
  const { review_id = event_id, product_id, rating } = payload;
  return [{ review_id, product_id, rating }];
}

/** Tells whether a review agrees with its event, and its state with the reasons of the spam rules. */
function isProven(review: Review, { product_id, rating }: Reviewed): boolean {
  if (review.product_id !== product_id || review.rating !== rating) return false;
  if (review.decided_by !== undefined) return false;
  // A damaged review may lack its reasons.
  const reasons: readonly string[] | undefined = review.reasons;
  return review.state === (reasons?.length === 0 ? "published" : "held");
}
