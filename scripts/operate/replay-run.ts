import { clock } from "../../shared/clock.ts";
import type { Declaration, ReactionDeclaration } from "../../shared/pipeline/declaration.ts";
import { oldestReplayableMs } from "../../shared/pipeline/operate/replay/replay.ts";
import type { ArchiveSelection } from "../../shared/pipeline/operate/replay/replay-archive.ts";
import type { Counts } from "../../shared/pipeline/operate/replay/replay-feed.ts";
import { feed, lookThrough } from "../../shared/pipeline/operate/replay/replay-feed.ts";
import { HeldByAnother, holdRun, noteRun } from "../../shared/pipeline/operate/replay/replay-run.ts";
import { readGenerations } from "../../shared/pipeline/records/generation.ts";
import { hashOf } from "../../shared/values/ids.ts";
import { STOPPED } from "../cli/run-command.ts";
import { UsageError } from "../cli/usage.ts";
import { runRebuild } from "./rebuild-run.ts";
import type { ReplayContext } from "./replay-context.ts";
import { newAct } from "./replay-context.ts";
import type { ReplayFlags } from "./replay-flags.ts";
import type { ToolIo } from "./tool.ts";

/** Runs `npm run replay` and returns its exit code. */
export async function runReplay(flags: ReplayFlags, context: ReplayContext): Promise<number> {
  const reaction = replayedReaction(flags, context.declarations);
  try {
    if (flags.rebuild) return await runRebuild(flags, reaction, context);
    return await replay(flags, reaction, context.io);
  } catch (error) {
    if (!(error instanceof HeldByAnother)) throw error;
    context.io.note(error.message);
    return 1;
  }
}

/** @throws UsageError for an unknown reaction, foreign event types, and --again or --rebuild without a projection */
function replayedReaction(flags: ReplayFlags, declarations: readonly Declaration[]): ReactionDeclaration {
  const { reaction: name, types = [], again, rebuild } = flags;
  const reactions = declarations.filter(declaration => declaration.kind === "reaction");
  const reaction = reactions.find(declaration => declaration.name === name);
  if (!reaction) {
    const names = reactions.map(declaration => declaration.name).join(", ");
    throw new UsageError(`--reaction invalid: expected one of ${names}, got "${name}".`);
  }
  const foreign = types.find(type => !reaction.types.some(own => own === type));
  if (foreign !== undefined) {
    const expected = reaction.types.join(", ");
    throw new UsageError(
      `--type invalid: expected an event type of ${name} (${expected}), got "${foreign}".`,
    );
  }
  if ((again || rebuild) && !reaction.projection) {
    const flag = rebuild ? "--rebuild" : "--again";
    throw new UsageError(`${flag} needs a projection: ${name} is none, so its events would count twice.`);
  }
  return reaction;
}

async function replay(flags: ReplayFlags, reaction: ReactionDeclaration, io: ToolIo): Promise<number> {
  const act = newAct(flags);
  const selection = selectionOf(flags, reaction, act.nowMs);
  const { live } = reaction.projection ? await readGenerations(reaction.name) : { live: 1 };
  const about = { reaction: reaction.name, generation: live };
  if (flags.dryRun) {
    const counts = await lookThrough({ ...about, selection });
    io.out(flags.json ? JSON.stringify({ would: "replay", ...counts }) : rehearsalText(flags, counts));
    return 0;
  }
  const asked = recordedSelection(flags);
  const id = hashOf("replay", reaction.name, JSON.stringify(asked));
  const run = await holdRun(id, act, {
    run: { reaction: reaction.name, until_ms: act.nowMs },
    record: { did: "replay", selection: asked },
  });
  const toMs = Math.min(selection.toMs, run.until_ms);
  const to = flags.again ? { again: run.act } : undefined;
  const { perSecond } = flags;
  let latest = run;
  const { counts, stopped } = await feed(
    { ...about, selection: { ...selection, toMs }, perSecond, to },
    { id, act, run },
    {
      signal: io.signal,
      onStep: now => {
        latest = now;
      },
    },
  );
  await noteRun(id, act, { run: latest, nowMs: clock.now(), ends: stopped ? "stopped" : "finished" });
  const lastDue = new Date(latest.last_due_ms).toISOString();
  if (flags.json) {
    io.out(JSON.stringify({ act: run.act, posted: latest.posted, ...counts, last_due: lastDue, stopped }));
  } else io.out(summaryText({ posted: latest.posted, counts, lastDue, stopped, flags }));
  return stopped ? STOPPED : 0;
}

function selectionOf(flags: ReplayFlags, reaction: ReactionDeclaration, nowMs: number): ArchiveSelection {
  const oldestMs = oldestReplayableMs(nowMs);
  const { fromMs = oldestMs, toMs = nowMs, types = reaction.types, subject } = flags;
  if (fromMs < oldestMs) {
    const oldest = new Date(oldestMs).toISOString();
    throw new UsageError(
      `--from invalid: expected a time after ${oldest}. The ledger forgets older events, so they would count twice.`,
    );
  }
  return { types, fromMs, toMs, subject };
}

/** Returns the selection as the audit record keeps it. The same selection continues an unfinished replay. */
function recordedSelection({ types, subject, fromMs, toMs, again }: ReplayFlags): Record<string, string> {
  return {
    ...(types && { types: types.toSorted().join(" ") }),
    ...(subject === undefined ? {} : { subject }),
    ...(fromMs === undefined ? {} : { from: new Date(fromMs).toISOString() }),
    ...(toMs === undefined ? {} : { to: new Date(toMs).toISOString() }),
    ...(again && { again: "yes" }),
  };
}

function rehearsalText({ again }: ReplayFlags, counts: Counts): string {
  const { absent, final, moving, queued, parked } = counts;
  const applied = again
    ? `, and apply again those of ${final} that no operator dropped`
    : `; ${final} are handled`;
  return `Would bring ${absent} that were never handled${applied}. Left alone: ${moving} on their way, ${queued} queued, ${parked} parked.`;
}

function summaryText(of: {
  posted: number;
  counts: Counts;
  lastDue: string;
  stopped: boolean;
  flags: ReplayFlags;
}): string {
  const { posted, counts, lastDue, stopped, flags } = of;
  if (posted === 0 && !stopped) {
    const { final, moving, queued, parked } = counts;
    const rest = moving + queued + parked;
    return `Nothing to replay: ${final} of what matches are handled, ${rest} are on their way or wait.`;
  }
  const lines = [
    `${posted} events are on their way to ${flags.reaction}, the last one is due at ${lastDue}.`,
  ];
  if (stopped) lines.push("Stopped before the end: the same command continues with the rest.");
  return lines.join("\n");
}
