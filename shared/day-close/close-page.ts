import { readDocument, timestamp } from "../google/firestore.ts";
import type { Skip } from "../pipeline/skip.ts";
import { skip } from "../pipeline/skip.ts";
import type { Work } from "../pipeline/work.ts";
import type { Sums } from "../rules/counting/day-sums.ts";
import { addEntries } from "../rules/counting/day-sums.ts";
import { addArchived } from "./aggregate/add-archived.ts";
import { addFacts } from "./aggregate/add-facts.ts";
import { addMails } from "./aggregate/add-mails.ts";
import { forgetTerms } from "./aggregate/forget-terms.ts";
import { lapseSegments } from "./aggregate/lapse-segments.ts";
import type { PageTask, PartKind, PartProgress } from "./closing/day-closing.ts";
import {
  armPage,
  CLOSING_KEPT_MS,
  closingId,
  dayCloseChunks,
  dayCloseFindings,
  dayCloseParts,
  dayClosings,
  partId,
  partName,
  partsOf,
} from "./closing/day-closing.ts";
import type { Finding } from "./closing/day-report-types.ts";
import type { PageStep } from "./closing/page-step.ts";
import { sumsIn, textOf } from "./closing/sums-text.ts";
import { addLikes } from "./recommend/add-likes.ts";
import { recommendPage } from "./recommend/recommend-page.ts";
import { writeAffinities } from "./recommend/write-affinities.ts";
import { checkAnnounced } from "./reconcile/check-announced.ts";
import { checkCounters } from "./reconcile/check-counters.ts";
import { checkHandled } from "./reconcile/check-handled.ts";
import { checkRatings } from "./reconcile/check-ratings.ts";
import { checkReceipts } from "./reconcile/check-receipts.ts";
import { checkStock } from "./reconcile/check-stock.ts";
import { checkSubjects } from "./reconcile/check-subjects.ts";
import { findDocuments } from "./reconcile/find-documents.ts";
import { findHanging } from "./reconcile/find-hanging.ts";
import { findLate } from "./reconcile/find-late.ts";
import { report } from "./report/report.ts";

const STEPS: Readonly<Record<PartKind, PageStep>> = {
  archive: addArchived,
  mails: addMails,
  segments: lapseSegments,
  hanging: findHanging,
  ratings: checkRatings,
  documents: findDocuments,
  receipts: checkReceipts,
  late: findLate,
  likes: addLikes,
  facts: addFacts,
  handled: checkHandled,
  subjects: checkSubjects,
  announced: checkAnnounced,
  affinities: writeAffinities,
  recommend: recommendPage,
  counters: checkCounters,
  stock: checkStock,
  report,
  terms: forgetTerms,
};

/**
 * Longest sums of a part's progress, in characters; longer sums become chunks. A page of 1,000 events with a search
 * term of its own each adds about 120,000. At three bytes per character, both stay below the 1 MiB of a document.
 */
const MAX_SUMS = 150_000;

/**
 * Runs one page of a part. One commit holds the page's sums, the part's progress and the task of the next page. A
 * closing that was stopped anywhere continues there. The last part of a phase begins the next phase.
 * @returns a skip when the task is late
 */
export async function closePage(task: PageTask, work: Work): Promise<Skip | void> {
  const dayClosing = await readDocument(dayClosings, task.day);
  if (dayClosing?.run !== task.run) return skip("a later closing of this day has begun");
  // A phase begins when all parts of the earlier one are done: a task before that would read incomplete facts.
  if (!dayClosing.open.includes(partName(task.part)))
    return skip("the part is finished, or its phase has not begun");
  const id = partId(task);
  const before = (await work.get(dayCloseParts, id)) ?? newProgress(task, work.nowMs);
  if (before.page !== task.page) return skip("another task has finished this page");
  const page = { ...task, dayClosing, after: before.after, soFar: sumsIn(before.sums) };
  const { sums = [], findings = [], next } = await STEPS[task.part.kind](page, work);
  const all = sumsIn(before.sums);
  addEntries(all, sums);
  // Stored values change after the first closing, so a later closing would report false differences.
  if (findings.length > 0 && task.run === 1)
    work.set(dayCloseFindings, `${id}.${task.page}`, {
      closing: closingId(task),
      findings: findings.slice(0, MAX_FINDINGS).map(shortened),
      expires_at: before.expires_at,
    });
  const isDone = next === undefined;
  if (isDone) await finishPart(task, work);
  else armPage({ ...task, page: task.page + 1 }, work);
  const progress = withSums(id, before, { all, isDone }, work);
  work.set(dayCloseParts, id, { ...progress, page: task.page + 1, after: next ?? "" });
}

/** Max findings per page. A document holds 1 MiB, also on a day on which a reaction handled no event. */
const MAX_FINDINGS = 500;
/** Max events named by one finding. The contact of a regular customer has hundreds of events. */
const MAX_NAMED_EVENTS = 20;
/** Max characters of a finding's text. An order may have a hundred products. */
const MAX_TEXT = 400;

function shortened(finding: Finding): Finding {
  const { expected, found, events } = finding;
  const short = (text: number | string) => (typeof text === "number" ? text : text.slice(0, MAX_TEXT));
  const last = events && { events: events.slice(-MAX_NAMED_EVENTS) };
  return { ...finding, expected: short(expected), found: short(found), ...last };
}

function newProgress({ day, run }: PageTask, nowMs: number): PartProgress {
  const expires_at = timestamp(nowMs + CLOSING_KEPT_MS);
  return { day, run, page: 0, after: "", sums: "[]", chunks: 0, expires_at };
}

/**
 * Puts the sums into the part's progress, or into chunks when they are long or the part is done.
 * @returns the changed progress
 */
function withSums(
  id: string,
  part: PartProgress,
  { all, isDone }: { all: Sums; isDone: boolean },
  work: Work,
): PartProgress {
  const sums = textOf(all);
  if (all.size === 0 || (!isDone && sums.length < MAX_SUMS)) return { ...part, sums };
  // Keys of all lengths are spread evenly, so chunks with the same number of keys have about the same size.
  const entries = [...all];
  const size = Math.ceil(entries.length / Math.ceil(sums.length / MAX_SUMS));
  let { chunks } = part;
  for (let at = 0; at < entries.length; at += size, chunks += 1) {
    const some = textOf(new Map(entries.slice(at, at + size)));
    work.set(dayCloseChunks, `${id}.${chunks}`, { sums: some, expires_at: part.expires_at });
  }
  return { ...part, sums: "[]", chunks };
}

/** Takes a part off the open ones. The last one begins the next phase, or ends the closing. */
async function finishPart({ day, run, part }: PageTask, work: Work): Promise<void> {
  const dayClosing = await work.get(dayClosings, day);
  if (dayClosing?.run !== run) return;
  const open = dayClosing.open.filter(name => name !== partName(part));
  if (open.length > 0) return work.set(dayClosings, day, { ...dayClosing, open });
  const phase = dayClosing.phase + 1;
  const parts = partsOf(phase, dayClosing);
  const closed_at_ms = parts.length === 0 ? work.nowMs : null;
  work.set(dayClosings, day, { ...dayClosing, phase, open: parts.map(partName), closed_at_ms });
  for (const next of parts) armPage({ day, run, part: next, page: 0 }, work);
}
