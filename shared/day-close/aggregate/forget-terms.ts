import { TERM } from "../../rules/counting/day-sums.ts";
import { chunksOf } from "../closing/chunks.ts";
import { dayCloseChunks } from "../closing/day-closing.ts";
import type { PageStep } from "../closing/page-step.ts";
import { sumsIn, textOf } from "../closing/sums-text.ts";

/**
 * Removes the search terms from the next chunk of a shard. The report has the terms of many people by then. A term of few
 * people is not kept in clear.
 */
export const forgetTerms: PageStep = async ({ dayClosing, part, after }, work) => {
  const ids = await chunksOf(dayClosing, { kind: "archive", shard: part.shard });
  const index = after === "" ? 0 : Number(after);
  const id = ids[index];
  if (id === undefined) return { next: undefined };
  const chunk = await work.get(dayCloseChunks, id);
  const sums = [...sumsIn(chunk?.sums ?? "[]")].filter(([key]) => !key.startsWith(TERM));
  // An expired chunk stays away.
  if (chunk) work.set(dayCloseChunks, id, { ...chunk, sums: textOf(new Map(sums)) });
  return { next: String(index + 1) };
};
