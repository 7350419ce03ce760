import { clock } from "../../shared/clock.ts";
import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { table } from "../cli/table.ts";
import { spoken, UsageError } from "../cli/usage.ts";
import { findEffects } from "./find-effects.ts";
import type { Acted } from "./parked-act.ts";
import { actOn, targetsOf } from "./parked-act.ts";
import type { ParkedFlags } from "./parked-flags.ts";
import { entryJson, firstOf, listEntries, listingTable, rest } from "./parked-list.ts";
import { effectJson, showEffect, showEntry } from "./parked-show.ts";
import { selectedEffects, selectedEntries } from "./selected.ts";
import type { ToolIo } from "./tool.ts";
import { STOPPED } from "./tool.ts";

const PROGRESS_EVERY = 100;

/**
 * Refuses to look for the work of something that does not exist.
 * @throws UsageError that names what there is
 */
export function checkReaction({ filter }: ParkedFlags, declarations: readonly Declaration[]): void {
  const { reaction } = filter;
  const names = declarations.map(({ name }) => name);
  if (reaction === undefined || names.includes(reaction)) return;
  throw new UsageError(`--reaction ${reaction} is none of ${names.sort().join(", ")}.`);
}

/** Does what `npm run parked` was asked; answers the exit code. */
export async function runParked(flags: ParkedFlags, io: ToolIo): Promise<number> {
  if (flags.verb === "list") return list(flags, io);
  if (flags.verb === "show") return show(flags, io);
  return flags.dryRun ? rehearse(flags, io) : act(flags, io);
}

async function list(flags: ParkedFlags, io: ToolIo): Promise<number> {
  if (flags.effects) return listEffects(flags, io);
  const listing = await listEntries(selectedEntries(flags), {
    limit: flags.limit,
    oldestFirst: flags.oldest,
  });
  const { found, shown } = listing;
  if (flags.json) io.out(JSON.stringify({ found, entries: shown.map(entryJson) }));
  else if (found === 0) io.out(`Nothing that matches is ${flags.state ?? "parked"}.`);
  else io.out(listingTable(listing, clock.now()));
  return 0;
}

async function listEffects(flags: ParkedFlags, io: ToolIo): Promise<number> {
  const sign = flags.oldest ? 1 : -1;
  const { found, shown } = await firstOf(findEffects(selectedEffects(flags)), {
    limit: flags.limit,
    compare: (left, right) => sign * (left.created_at_ms - right.created_at_ms),
  });
  const nowMs = clock.now();
  const rows = shown.map(({ id, effect, state, cause, created_at_ms, reason = "" }) => [
    id,
    effect,
    state,
    cause.subject,
    spoken(nowMs - created_at_ms),
    reason,
  ]);
  const heads = ["id", "effect", "state", "subject", "age", "reason"];
  if (flags.json) io.out(JSON.stringify({ found, effects: shown.map(effectJson) }));
  else if (found === 0) io.out("No effect that matches waits for a person.");
  else io.out(`${table(heads, rows)}${rest(found, shown.length)}`);
  return 0;
}

async function show({ ids: [id = ""], effects, personal, json }: ParkedFlags, io: ToolIo): Promise<number> {
  const shown = await (effects ? showEffect : showEntry)(id, { personal });
  io.out(shown ? JSON.stringify(shown, undefined, json ? undefined : 2) : `There is no ${id}.`);
  return shown ? 0 : 1;
}

/** Says what would be done, and does nothing. */
async function rehearse(flags: ParkedFlags, io: ToolIo): Promise<number> {
  const targets = await firstOf(targetsOf(flags), { limit: flags.limit, compare: () => 0 });
  const ids = targets.shown.map(({ id }) => id);
  const { found } = targets;
  if (flags.json) io.out(JSON.stringify({ would: flags.verb, found, ids }));
  else if (found === 0) io.out(NOTHING);
  else io.out(`Would ${flags.verb} ${found}:\n${ids.join("\n")}${rest(found, ids.length)}`);
  return 0;
}

async function act(flags: ParkedFlags, io: ToolIo): Promise<number> {
  const { signal } = io;
  const acted = await actOn(flags, {
    signal,
    onStep: ({ done, notDoneCount }) => {
      const seen = done + notDoneCount;
      if (seen % PROGRESS_EVERY === 0) io.note(`${done} done, ${notDoneCount} not ...`);
    },
  });
  const { done, notDone, notDoneCount, stopped, mayBeSeenTwice } = acted;
  if (mayBeSeenTwice > 0) {
    io.note(`Of ${mayBeSeenTwice} nobody knew whether the world had seen it: it may see it twice.`);
  }
  const { id, who } = acted.act;
  if (flags.json) {
    io.out(
      JSON.stringify({
        act: id,
        who,
        did: flags.verb,
        done,
        not_done: notDone,
        not_done_count: notDoneCount,
        stopped,
      }),
    );
  } else io.out(summary(flags, acted));
  // Of all that match, what others were faster with is no failure; whoever names something wants it done.
  if (acted.failed || (!flags.all && done === 0)) return 1;
  return stopped ? STOPPED : 0;
}

const NOTHING = "Nothing matches.";

const past = {
  list: "listed",
  show: "shown",
  release: "released",
  resend: "resent",
  drop: "dropped",
} as const;

function summary({ verb }: ParkedFlags, { act, done, notDone, notDoneCount, stopped }: Acted): string {
  if (done + notDoneCount === 0 && !stopped) return NOTHING;
  const lines = [
    `${done} ${past[verb]}${notDoneCount === 0 ? "" : `, ${notDoneCount} not`} (${act.id}, by ${act.who})`,
  ];
  for (const { id, why } of notDone) lines.push(`  ${id}: ${why}`);
  if (notDoneCount > notDone.length) lines.push(`  ... and ${notDoneCount - notDone.length} more`);
  if (stopped) lines.push("Stopped before the end: the same command goes on with the rest.");
  return lines.join("\n");
}
