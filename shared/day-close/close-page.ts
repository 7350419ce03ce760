import { readDocument, timestamp } from "../google/firestore.ts";
import type { Skip } from "../pipeline/skip.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";
import type { Sums } from "../rules/counting/day-sums.ts";
import { addEntries } from "../rules/counting/day-sums.ts";
import { addArchived } from "./aggregate/add-archived.ts";
import { addFacts } from "./aggregate/add-facts.ts";
import { addMails } from "./aggregate/add-mails.ts";
import { lapseSegments } from "./aggregate/lapse-segments.ts";
import type { Closing, DayClosePart, PartKind } from "./closing/day-closing.ts";
import {
  armPage,
  closingId,
  dayCloseChunks,
  dayCloseFindings,
  dayCloseParts,
  dayClosings,
  KEPT_MS,
  partId,
  partName,
  partsOf,
} from "./closing/day-closing.ts";
import type { Finding } from "./closing/day-report-types.ts";
import type { Step } from "./closing/step.ts";
import { sumsIn, textOf } from "./closing/sums-text.ts";
import { addLikes } from "./recommend/add-likes.ts";
import { recommendPage } from "./recommend/recommend-page.ts";
import { writeAffinities } from "./recommend/write-affinities.ts";
import { checkAnnounced } from "./reconcile/check-announced.ts";
import { checkSubjects } from "./reconcile/check-books.ts";
import { checkCounters } from "./reconcile/check-counters.ts";
import { checkHandled } from "./reconcile/check-handled.ts";
import { checkRatings } from "./reconcile/check-ratings.ts";
import { checkStock } from "./reconcile/check-stock.ts";
import { findHanging } from "./reconcile/find-hanging.ts";
import { report } from "./report/report.ts";

const STEPS: Readonly<Record<PartKind, Step>> = {
  archive: addArchived,
  mails: addMails,
  segments: lapseSegments,
  hanging: findHanging,
  ratings: checkRatings,
  stock: checkStock,
  likes: addLikes,
  facts: addFacts,
  handled: checkHandled,
  books: checkSubjects,
  announced: checkAnnounced,
  affinities: writeAffinities,
  recommend: recommendPage,
  counters: checkCounters,
  report,
};

/**
 * From so many characters on it is a chunk. A page of a thousand events with a term of their own each adds some
 * 120,000: three bytes a character, together they stay below the 1 MiB of a document.
 */
const MAX_SUMS = 150_000;

/**
 * Does a page of a part: what it adds up to, how far the part has come and the task of the next page are one commit,
 * so it can be stopped anywhere and goes on there. Who finishes a phase begins the next one.
 */
export async function closePage(call: Closing, work: Work): Promise<Skip | undefined> {
  const night = await readDocument(dayClosings, call.day);
  if (night?.run !== call.run) return skip("another closing of the day has begun");
  const id = partId(call);
  const before = (await work.get(dayCloseParts, id)) ?? firstOf(call, work.nowMs);
  if (before.page !== call.page) return skip("another task has done this page");
  const {
    sums,
    findings = [],
    next,
  } = await STEPS[call.part.kind]({ ...call, night, after: before.after }, work);
  const all = sumsIn(before.sums);
  addEntries(all, sums);
  // What the events are compared with goes on changing: only the first closing says what was found.
  if (findings.length > 0 && call.run === 1) {
    const { expires_at } = before;
    const kept = findings.slice(0, MAX_FINDINGS).map(bounded);
    work.set(dayCloseFindings, `${id}.${call.page}`, {
      closing: closingId(call),
      findings: kept,
      expires_at,
    });
  }
  const isDone = next === undefined;
  if (isDone) await finish(call, work);
  else armPage({ ...call, page: call.page + 1 }, work);
  const kept = keep(id, before, { all, isDone }, work);
  work.set(dayCloseParts, id, { ...kept, page: call.page + 1, after: next ?? "" });
  return undefined;
}

/** More of one page nobody reads; and a document has 1 MiB, also on the day on which nothing was handled. */
const MAX_FINDINGS = 500;
const MAX_NAMED = 20;
const MAX_TEXT = 400;

/** Of a good customer's contact there are hundreds of events, in an order a hundred products. */
function bounded(finding: Finding): Finding {
  const { expected, found, events } = finding;
  const short = (text: number | string) => (typeof text === "number" ? text : text.slice(0, MAX_TEXT));
  const last = events && { events: events.slice(-MAX_NAMED) };
  return { ...finding, expected: short(expected), found: short(found), ...last };
}

function firstOf({ day, run }: Closing, nowMs: number): DayClosePart {
  const expires_at = timestamp(nowMs + KEPT_MS);
  return { day, run, page: 0, after: "", sums: "[]", chunks: 0, expires_at };
}

/** The part with its sums, or without them where they have filled chunks, or are the last. */
function keep(
  id: string,
  part: DayClosePart,
  { all, isDone }: { all: Sums; isDone: boolean },
  work: Work,
): DayClosePart {
  const sums = textOf(all);
  if (all.size === 0 || (!isDone && sums.length < MAX_SUMS)) return { ...part, sums };
  // All of about the same size: keys are of all lengths everywhere.
  const entries = [...all];
  const size = Math.ceil(entries.length / Math.ceil(sums.length / MAX_SUMS));
  let { chunks } = part;
  for (let at = 0; at < entries.length; at += size, chunks += 1) {
    const some = textOf(new Map(entries.slice(at, at + size)));
    work.set(dayCloseChunks, `${id}.${chunks}`, { sums: some, expires_at: part.expires_at });
  }
  return { ...part, sums: "[]", chunks };
}

async function finish({ day, run, part }: Closing, work: Work): Promise<void> {
  const night = await work.get(dayClosings, day);
  if (night?.run !== run) return;
  const open = night.open.filter(name => name !== partName(part));
  if (open.length > 0) return work.set(dayClosings, day, { ...night, open });
  const phase = night.phase + 1;
  const parts = partsOf(phase, night);
  const closed_at_ms = parts.length === 0 ? work.nowMs : null;
  work.set(dayClosings, day, { ...night, phase, open: parts.map(partName), closed_at_ms });
  for (const next of parts) armPage({ day, run, part: next, page: 0 }, work);
}
