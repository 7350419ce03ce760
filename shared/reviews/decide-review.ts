import * as v from "valibot";
import { ratings, reviews } from "../collections.ts";
import { oneLine } from "../events/define.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { moderate, ratingChange } from "../rules/review.ts";
import { moderatorView } from "./review-view.ts";

const decisionBody = v.strictObject({
  decision: v.picklist(["publish", "reject"], '"publish" or "reject"'),
  decided_by: oneLine(200),
});

/**
 * Applies a moderator's decision. The decision overrides the rules and earlier decisions.
 * @throws Problem 404 when the review does not exist
 */
export async function decideReview({ params, body }: Command, work: Work): Promise<Decision> {
  const { decision, decided_by } = validBody(decisionBody, body);
  const before = await work.get(reviews, idIn(params, "review"));
  if (!before) throw noSuch("review");
  const after = moderate(before, decision, decided_by);
  if (after) {
    work.set(reviews, after.review_id, after);
    const change = ratingChange(before.state, after);
    if (change) work.increment(ratings, after.product_id, change);
  }
  return { status: 200, body: moderatorView(after ?? before), aggregate: before.review_id };
}
