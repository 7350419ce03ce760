import { readDocument, timestamp } from "../google/firestore.ts";
import type { Skip } from "../pipeline/skip.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/unit-of-work.ts";
import type { Sums } from "../rules/night-sums.ts";
import { addEntries } from "../rules/night-sums.ts";
import { addArchived } from "./add-archived.ts";
import { addFacts } from "./add-facts.ts";
import { addMails } from "./add-mails.ts";
import { lapseSegments } from "./lapse-segments.ts";
import type { Closing, NightPart, PartKind } from "./night.ts";
import {
  armedPage,
  CLOSE_SHARD,
  nightChunks,
  nightParts,
  nights,
  partId,
  partName,
  partsOf,
} from "./night.ts";
import { report } from "./report.ts";
import type { Step } from "./step.ts";
import { sumsIn, textOf } from "./sums-text.ts";

const STEPS: Readonly<Record<PartKind, Step>> = {
  archive: addArchived,
  mails: addMails,
  segments: lapseSegments,
  facts: addFacts,
  report,
};

/** Characters of a chunk, each three bytes at most: far below the 1 MiB of a document. */
const MAX_SUMS = 250_000;

/** So long the parts of a closing are kept, for whoever wants to know how a number came about. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Does a page of a part: what it adds up to, how far the part has come and the task of the next page are one commit,
 * so it can be stopped anywhere and goes on there. Who finishes a phase begins the next one.
 */
export async function closePage(call: Closing, work: Work): Promise<Skip | undefined> {
  const night = await readDocument(nights, call.day);
  if (night?.run !== call.run) return skip("another closing of the day has begun");
  const id = partId(call);
  const before = (await work.get(nightParts, id)) ?? firstOf(call, work.nowMs);
  const { sums, next } = await STEPS[call.part.kind]({ ...call, night, after: before.after }, work);
  const all = sumsIn(before.sums);
  addEntries(all, sums);
  const isDone = next === undefined;
  if (isDone) await finish(call, work);
  else work.timer(CLOSE_SHARD, armedPage({ ...call, page: call.page + 1 }, work.nowMs));
  work.set(nightParts, id, { ...keep(id, before, { all, isDone }, work), after: next ?? "" });
  return undefined;
}

function firstOf({ day, run }: Closing, nowMs: number): NightPart {
  const expires_at = timestamp(nowMs + KEPT_MS);
  return { day, run, after: "", sums: "[]", chunks: 0, expires_at };
}

/** The part with its sums, or without them where they have filled a chunk, or are the last. */
function keep(
  id: string,
  part: NightPart,
  { all, isDone }: { all: Sums; isDone: boolean },
  work: Work,
): NightPart {
  const sums = textOf(all);
  if (all.size === 0 || (!isDone && sums.length < MAX_SUMS)) return { ...part, sums };
  work.set(nightChunks, `${id}.${part.chunks}`, { sums, expires_at: part.expires_at });
  return { ...part, sums: "[]", chunks: part.chunks + 1 };
}

async function finish({ day, run, part }: Closing, work: Work): Promise<void> {
  const night = await work.get(nights, day);
  if (night?.run !== run) return;
  const open = night.open.filter(name => name !== partName(part));
  if (open.length > 0) return work.set(nights, day, { ...night, open });
  const phase = night.phase + 1;
  const parts = partsOf(phase, night.shards);
  const closed_at_ms = parts.length === 0 ? work.nowMs : null;
  work.set(nights, day, { ...night, phase, open: parts.map(partName), closed_at_ms });
  for (const next of parts) work.timer(CLOSE_SHARD, armedPage({ day, run, part: next, page: 0 }, work.nowMs));
}
