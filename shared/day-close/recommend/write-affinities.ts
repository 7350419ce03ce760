import { collection, readDocument, readDocuments } from "../../google/firestore.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import type { Pairs } from "../../rules/recommend/pairs.ts";
import { addPairText } from "../../rules/recommend/pairs.ts";
import { MAX_RECOMMENDED, neighboursOf } from "../../rules/recommend/recommend.ts";
import { sumsOf } from "../closing/chunks.ts";
import type { DayClosePart, DayClosing } from "../closing/day-closing.ts";
import { closingId, dayCloseParts, partId } from "../closing/day-closing.ts";
import type { PageStep } from "../closing/page-step.ts";
import { dayClosePairs, LIKE, LIKES, pairsId } from "./add-likes.ts";

/** The products that go together with a product, as one closing found them. */
export interface Affinity {
  closing: string;
  /** Products with their scores, best first: "chair 12.5 desk 3". Firestore would index every score if fields. */
  neighbours: string;
}

export const affinities = collection<Affinity>("affinities");

/** The most popular products as the latest closing found them, `popular/latest`. */
export interface Popular {
  closing: string;
  /** The products that all users like most, best first: the recommendation for an unknown user. */
  items: string[];
  /** Number of products that any user likes. */
  products: number;
}

export const popular = collection<Popular>("popular");
export const LATEST = "latest";

const LIKES_PART: DayClosePart = { kind: "likes", shard: 0 };
/** Documents of pairs per read, at most 170 KB each. */
const PAIRS_PER_READ = 10;

/** Computes the affinities of the products of one bucket per page. */
export const writeAffinities: PageStep = async ({ dayClosing, after }, work) => {
  const bucket = Number(after);
  const closing = closingId(dayClosing);
  const liked = await sumsOf(dayClosing, LIKES_PART, LIKE.trim());
  const all = liked.get(LIKES)?.["n"] ?? 0;
  const single = singleOf(liked);
  for (const [item, others] of await pairsOfBucket(dayClosing, bucket)) {
    const neighbours = neighboursOf(item, others, { all, single });
    if (neighbours.length === 0) continue;
    const text = neighbours.map(({ item: other, score }) => `${other} ${Math.round(score * 100) / 100}`);
    work.set(affinities, item, { closing, neighbours: text.join(" ") });
  }
  if (bucket === 0) {
    const best = [...single].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, MAX_RECOMMENDED);
    work.set(popular, LATEST, { closing, items: best.map(([item]) => item), products: single.size });
  }
  return { next: bucket + 1 < dayClosing.buckets ? String(bucket + 1) : undefined };
};

function singleOf(liked: Sums): Map<string, number> {
  const items = [...liked].filter(([key]) => key !== LIKES);
  return new Map(items.map(([key, { n = 0 }]) => [key.slice(LIKE.length), n]));
}

async function pairsOfBucket(dayClosing: DayClosing, bucket: number): Promise<Pairs> {
  const likes = { day: dayClosing.day, run: dayClosing.run, part: LIKES_PART };
  const { page: pages = 0 } = (await readDocument(dayCloseParts, partId(likes))) ?? {};
  const ids = Array.from({ length: pages }, (_, page) => pairsId({ ...likes, page }, bucket));
  const pairs: Pairs = new Map();
  for (let at = 0; at < ids.length; at += PAIRS_PER_READ)
    for (const found of await readDocuments(dayClosePairs, ids.slice(at, at + PAIRS_PER_READ)))
      if (found) addPairText(pairs, found.text);
  return pairs;
}
