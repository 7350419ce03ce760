import * as v from "valibot";
import { reviews } from "../collections.ts";
import { oneLine } from "../events/define.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { moderate } from "../rules/review.ts";
import { recordReview } from "./record-review.ts";
import { moderatorView } from "./review-view.ts";

const decisionBody = v.strictObject({
  decision: v.picklist(["publish", "reject"], '"publish" or "reject"'),
  decided_by: oneLine(200),
});

/**
 * Applies a moderator's decision. The decision overrides the rules and earlier decisions.
 * @throws Problem 404 when the review does not exist, 409 when a later review of the user replaces it
 */
export async function decideReview({ params, body }: Command, work: Work): Promise<Decision> {
  const { decision, decided_by } = validBody(decisionBody, body);
  const before = await work.get(reviews, idIn(params, "review"));
  if (!before) throw noSuch("review");
  if (before.state === "replaced") throw reviewReplaced();
  const moved = moderate(before, decision, decided_by);
  const after = moved ? await recordReview({ before, after: moved }, work) : before;
  if (after.state === "replaced") throw reviewReplaced();
  return { status: 200, body: moderatorView(after), aggregate: before.review_id };
}

function reviewReplaced(): Problem {
  const detail =
    "A later review of the same user and product replaces this one. Decide about the later review.";
  return new Problem({ status: 409, slug: "review-replaced", detail });
}
