import { clock } from "../../shared/clock.ts";
import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { STOPPED } from "../cli/run-command.ts";
import { table } from "../cli/table.ts";
import { ageText } from "../cli/times.ts";
import { UsageError } from "../cli/usage.ts";
import { findEffects } from "./find-effects.ts";
import type { ActSummary } from "./parked-act.ts";
import { actOn, targetsOf } from "./parked-act.ts";
import type { ParkedFlags } from "./parked-flags.ts";
import { entryJson, entryTable, firstByAge, firstOf, listEntries, moreText } from "./parked-list.ts";
import { effectJson, showEffect, showEntry } from "./parked-show.ts";
import { countWaiting, waitingJson, waitingText } from "./parked-waiting.ts";
import { selectedEffects, selectedEntries } from "./selected.ts";
import type { ToolIo } from "./tool.ts";

/** Targets between two lines of progress. */
const PROGRESS_EVERY = 100;

/**
 * Checks that the function of `--reaction` exists.
 * @throws UsageError that names the functions
 */
export function checkReaction({ filter }: ParkedFlags, declarations: readonly Declaration[]): void {
  const { reaction } = filter;
  const names = declarations.map(({ name }) => name);
  if (reaction === undefined || names.includes(reaction)) return;
  throw new UsageError(`--reaction invalid: expected one of ${names.sort().join(", ")}, got "${reaction}".`);
}

/** Runs `npm run parked` and returns its exit code. */
export async function runParked(flags: ParkedFlags, io: ToolIo): Promise<number> {
  if (flags.verb === "list") return list(flags, io);
  if (flags.verb === "show") return show(flags, io);
  return flags.dryRun ? rehearse(flags, io) : act(flags, io);
}

async function list(flags: ParkedFlags, io: ToolIo): Promise<number> {
  if (flags.effects) return listEffects(flags, io);
  const selection = selectedEntries(flags);
  const listing = await listEntries(selection, flags);
  const { found, listed } = listing;
  // An entry that is retried or queued is not in the list, and is not handled either.
  const others = selection.state === "parked" ? await countWaiting(selection) : undefined;
  if (flags.json) {
    io.out(JSON.stringify({ found, entries: listed.map(entryJson), ...(others && waitingJson(others)) }));
    return 0;
  }
  const nowMs = clock.now();
  io.out(found === 0 ? `Nothing that matches is ${selection.state}.` : entryTable(listing, nowMs));
  if (others) io.out(waitingText(others, nowMs));
  return 0;
}

async function listEffects(flags: ParkedFlags, io: ToolIo): Promise<number> {
  const { found, listed } = await firstByAge(findEffects(selectedEffects(flags)), flags);
  const nowMs = clock.now();
  const rows = listed.map(({ id, effect, state, cause, created_at_ms, reason = "" }) => [
    id,
    effect,
    state,
    cause.subject,
    ageText(nowMs - created_at_ms),
    reason,
  ]);
  const heads = ["id", "effect", "state", "subject", "age", "reason"];
  if (flags.json) io.out(JSON.stringify({ found, effects: listed.map(effectJson) }));
  else if (found === 0) io.out("No effect that matches waits for an operator.");
  else io.out(`${table(heads, rows)}${moreText(found, listed.length)}`);
  return 0;
}

async function show({ ids: [id = ""], effects, personal, json }: ParkedFlags, io: ToolIo): Promise<number> {
  const found = await (effects ? showEffect : showEntry)(id, { personal });
  io.out(found ? JSON.stringify(found, undefined, json ? undefined : 2) : `There is no ${id}.`);
  return found ? 0 : 1;
}

/** Prints the targets of an act and changes none. */
async function rehearse(flags: ParkedFlags, io: ToolIo): Promise<number> {
  const { listed, found } = await firstOf(targetsOf(flags), { limit: flags.limit, compare: () => 0 });
  const ids = listed.map(({ id }) => id);
  if (flags.json) io.out(JSON.stringify({ would: flags.verb, found, ids }));
  else if (found === 0) io.out(NOTHING);
  else io.out(`Would ${flags.verb} ${found}:\n${ids.join("\n")}${moreText(found, ids.length)}`);
  return 0;
}

async function act(flags: ParkedFlags, io: ToolIo): Promise<number> {
  const result = await actOn(flags, {
    signal: io.signal,
    onStep: ({ done, notDoneCount }) => {
      const seen = done + notDoneCount;
      if (seen % PROGRESS_EVERY === 0) io.note(`${done} done, ${notDoneCount} not ...`);
    },
  });
  const { mayBeSeenTwice } = result;
  if (mayBeSeenTwice > 0)
    io.note(`${mayBeSeenTwice} of the resent effects were unknown: an external system may see them twice.`);
  io.out(flags.json ? JSON.stringify(actJson(flags, result)) : summaryText(flags, result));
  // With --all, a target that changed meanwhile is no failure. A target that was named by its id has to change.
  if (result.failed || (!flags.all && result.done === 0)) return 1;
  return result.stopped ? STOPPED : 0;
}

function actJson({ verb }: ParkedFlags, { act, done, notDone, notDoneCount, stopped }: ActSummary) {
  return {
    act: act.id,
    who: act.who,
    did: verb,
    done,
    not_done: notDone,
    not_done_count: notDoneCount,
    stopped,
  };
}

const NOTHING = "Nothing matches.";

const PAST_TENSE = {
  list: "listed",
  show: "shown",
  release: "released",
  resend: "resent",
  drop: "dropped",
} as const;

function summaryText(
  { verb }: ParkedFlags,
  { act, done, notDone, notDoneCount, stopped }: ActSummary,
): string {
  if (done + notDoneCount === 0 && !stopped) return NOTHING;
  const others = notDoneCount === 0 ? "" : `, ${notDoneCount} not`;
  const lines = [`${done} ${PAST_TENSE[verb]}${others} (${act.id}, by ${act.who})`];
  for (const { id, why } of notDone) lines.push(`  ${id}: ${why}`);
  if (notDoneCount > notDone.length) lines.push(`  ... and ${notDoneCount - notDone.length} more`);
  if (stopped) lines.push("Stopped before the end: the same command continues with the rest.");
  return lines.join("\n");
}
