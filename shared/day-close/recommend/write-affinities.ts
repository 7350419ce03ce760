import { collection, readDocument, readDocuments } from "../../google/firestore.ts";
import type { Sums } from "../../rules/counting/day-sums.ts";
import type { Pairs } from "../../rules/recommend/pairs.ts";
import { addPairText } from "../../rules/recommend/pairs.ts";
import { MAX_RECOMMENDED, neighboursOf } from "../../rules/recommend/recommend.ts";
import { sumsOf } from "../closing/chunks.ts";
import type { DayClosing, Part } from "../closing/day-closing.ts";
import { closingId, dayCloseParts, partId } from "../closing/day-closing.ts";
import type { Step } from "../closing/step.ts";
import { dayClosePairs, LIKE, LIKES, pairsId } from "./add-likes.ts";

/** What goes together with a product, by the closing that found it out. */
export interface Affinity {
  closing: string;
  /** The others, best first, and how much each of them: "chair 12.5 desk 3". As fields, each would be indexed. */
  neighbours: string;
}

export const affinities = collection<Affinity>("affinities");

/** What the latest night has found out about all products, `popular/latest`. */
export interface Popular {
  closing: string;
  /** What is liked most by all, best first: what anybody could be recommended without knowing them. */
  items: string[];
  /** How many products anybody likes. */
  products: number;
}

export const popular = collection<Popular>("popular");
export const LATEST = "latest";

const LIKES_PART: Part = { kind: "likes", shard: 0 };
/** At most 170 KB each. */
const READ_AT_ONCE = 10;

/** Finds out what goes together, for the products of one bucket after the other. */
export const writeAffinities: Step = async ({ night, after }, work) => {
  const bucket = Number(after);
  const closing = closingId(night);
  const liked = await sumsOf(night, LIKES_PART, LIKE.trim());
  const all = liked.get(LIKES)?.["n"] ?? 0;
  const single = singleOf(liked);
  for (const [item, others] of await pairsOfBucket(night, bucket)) {
    const neighbours = neighboursOf(item, others, { all, single });
    if (neighbours.length === 0) continue;
    const text = neighbours.map(({ item: other, score }) => `${other} ${Math.round(score * 100) / 100}`);
    work.set(affinities, item, { closing, neighbours: text.join(" ") });
  }
  if (bucket === 0) {
    const best = [...single].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, MAX_RECOMMENDED);
    work.set(popular, LATEST, { closing, items: best.map(([item]) => item), products: single.size });
  }
  return { sums: new Map(), next: bucket + 1 < night.buckets ? String(bucket + 1) : undefined };
};

function singleOf(liked: Sums): Map<string, number> {
  const items = [...liked].filter(([key]) => key !== LIKES);
  return new Map(items.map(([key, { n = 0 }]) => [key.slice(LIKE.length), n]));
}

async function pairsOfBucket(night: DayClosing, bucket: number): Promise<Pairs> {
  const call = { day: night.day, run: night.run, part: LIKES_PART };
  const { page: pages = 0 } = (await readDocument(dayCloseParts, partId(call))) ?? {};
  const ids = Array.from({ length: pages }, (_, page) => pairsId({ ...call, page }, bucket));
  const pairs: Pairs = new Map();
  for (let at = 0; at < ids.length; at += READ_AT_ONCE)
    for (const found of await readDocuments(dayClosePairs, ids.slice(at, at + READ_AT_ONCE)))
      if (found) addPairText(pairs, found.text);
  return pairs;
}
