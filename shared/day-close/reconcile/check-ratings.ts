import type { Rating } from "../../collections.ts";
import { products, ratings, reviews } from "../../collections.ts";
import { countAndSum, firestore, readDocuments } from "../../google/firestore.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { idsAfter, inTens } from "../closing/pages.ts";
import { repairDocument } from "../closing/repair.ts";
import type { Step } from "../closing/step.ts";

/** Each costs a read for every thousand of its reviews. */
const PAGE = 100;

/** Compares the rating of each product with its published reviews, and puts it right. */
export const checkRatings: Step = async ({ day, run, after }, work) => {
  const { ids, next } = await idsAfter(products, after, PAGE);
  const suspects = await wrongOf(ids, await readDocuments(ratings, ids));
  // A review and its rating change in one commit: while the rating that is read here stays, so do the reviews.
  const wrong = await wrongOf(suspects, await work.getAll(ratings, suspects));
  const rights = await inTens(wrong, publishedOf);
  const stored = await work.getAll(ratings, wrong);
  const findings = wrong.map((id, index): Finding => {
    const [before, right] = [stored[index], rights[index] ?? NONE];
    repairDocument(ratings, { id, before, after: right }, { closing: { day, run }, work });
    return { kind: "rating", about: id, expected: shown(right), found: shown(before ?? NONE) };
  });
  return { sums: new Map(), findings, next };
};

const NONE: Rating = { count: 0, sum: 0 };

async function wrongOf(ids: readonly string[], stored: readonly (Rating | undefined)[]): Promise<string[]> {
  const rights = await inTens(ids, publishedOf);
  return ids.filter((_, index) => {
    const { count, sum } = stored[index] ?? NONE;
    return count !== rights[index]?.count || sum !== rights[index]?.sum;
  });
}

function publishedOf(productId: string): Promise<Rating> {
  const published = firestore()
    .collection(reviews.name)
    .where("product_id", "==", productId)
    .where("state", "==", "published");
  return countAndSum(published, "rating");
}

function shown({ count, sum }: Rating): string {
  return `${count} reviews, ${sum} stars`;
}
