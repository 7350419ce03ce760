import { collection } from "../google/firestore.ts";
import { shardOf } from "../pipeline/ids.ts";
import type { Neighbours } from "../rules/recommend.ts";
import { neighboursOf } from "../rules/recommend.ts";
import { chunksOf, readChunk } from "./chunks.ts";
import { closingId } from "./night.ts";
import type { Step } from "./step.ts";

/** What goes together with a product, by the closing that found it out. */
export interface Affinity {
  closing: string;
  neighbours: Neighbours;
}

export const affinities = collection<Affinity>("affinities");

/** Some 150 KB each: so much of what goes together is held at a time. */
const CHUNKS_OF_A_BUCKET = 8;

/** Finds out what goes together, for the products of one bucket after the other: all that was added up is read for each. */
export const writeAffinities: Step = async ({ night, after }, work) => {
  const bucket = Number(after);
  const chunks = await chunksOf(night, { kind: "likes", shard: 0 });
  const buckets = Math.max(1, Math.ceil(chunks.length / CHUNKS_OF_A_BUCKET));
  const single = new Map<string, number>();
  const partners = new Map<string, Map<string, number>>();
  let all = 0;
  const pair = (one: string, other: string, n: number) => {
    if (shardOf(one, buckets) !== bucket) return;
    const found = partners.get(one) ?? new Map<string, number>();
    partners.set(one, found.set(other, (found.get(other) ?? 0) + n));
  };
  for (const id of chunks) {
    for (const [key, { n = 0 }] of await readChunk(id)) {
      const [what, a = "", b = ""] = key.split(" ");
      if (what === "likes") all += n;
      else if (what === "like") single.set(a, (single.get(a) ?? 0) + n);
      else {
        pair(a, b, n);
        pair(b, a, n);
      }
    }
  }
  const closing = closingId(night);
  for (const [item, found] of partners) {
    const neighbours = neighboursOf(item, found, { all, single });
    if (neighbours.length > 0) work.set(affinities, item, { closing, neighbours });
  }
  return { sums: new Map(), next: bucket + 1 < buckets ? String(bucket + 1) : undefined };
};
