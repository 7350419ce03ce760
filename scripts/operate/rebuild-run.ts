import { clock } from "../../shared/clock.ts";
import type { ReactionDeclaration } from "../../shared/pipeline/declaration.ts";
import type { Building } from "../../shared/pipeline/operate/generation-change.ts";
import {
  abandonBuilding,
  beginBuilding,
  removeRetired,
  switchTo,
} from "../../shared/pipeline/operate/generation-change.ts";
import type { Counts, Feed } from "../../shared/pipeline/operate/replay/replay-feed.ts";
import { feed, lookThrough } from "../../shared/pipeline/operate/replay/replay-feed.ts";
import { holdRun } from "../../shared/pipeline/operate/replay/replay-run.ts";
import { readGenerations } from "../../shared/pipeline/records/generation.ts";
import { MINUTE_MS } from "../../shared/values/durations.ts";
import { hashOf } from "../../shared/values/ids.ts";
import { STOPPED } from "../cli/run-command.ts";
import { dropGivenUp } from "./drop-given-up.ts";
import { RebuildState } from "./rebuild-state.ts";
import type { ReplayContext } from "./replay-context.ts";
import { newAct } from "./replay-context.ts";
import type { ReplayFlags } from "./replay-flags.ts";

/**
 * Max time until an event received before the new generation is archived: twice the deadline of a delivery.
 * In that time the old generation may have handled the event alone.
 */
export const GRACE_MS = 2 * MINUTE_MS;

type Waiting = Pick<ReplayContext, "io" | "pause">;

/**
 * Gives a projection a new generation, fills it from the archive, and switches to it.
 * Live events go to both generations meanwhile. The switch follows when every archived event from before is final in
 * the new generation. The progress is recorded, so a stopped or killed rebuild continues with the next run.
 * @returns the exit code
 */
export async function runRebuild(
  flags: ReplayFlags,
  { name, types }: ReactionDeclaration,
  { io, pause }: ReplayContext,
): Promise<number> {
  if (flags.abandon) return abandon(name, { flags, io });
  if (flags.dryRun) return rehearse({ name, types }, { flags, io });
  const state = await beginRebuild(name, flags, "rebuild");
  const { live } = await readGenerations(name);
  // A rebuild that was stopped after the switch only has to remove the old generation.
  if (state.run.generation !== live) {
    const building = await beginBuilding(name, state.act);
    state.set({ ...state.run, until_ms: building.since_ms, generation: building.generation });
    await state.save();
    const result = await fill(state, feedOf(flags, types, building), { io, pause });
    if (result !== "ready") {
      await state.save("stopped");
      return reportUnready(result, { flags, io });
    }
    await switchTo(name, building.generation, newAct(flags));
    io.note(`Readers of ${name} get generation ${building.generation} now.`);
  }
  const isClean = await removeOld(name, state, { io, pause });
  await state.save(isClean ? "finished" : "stopped");
  const result = { live: state.run.generation, removed: isClean };
  io.out(flags.json ? JSON.stringify(result) : switchedText(name, isClean));
  return isClean ? 0 : STOPPED;
}

/** Starts a rebuild or continues the one on record, and takes its lease. */
async function beginRebuild(
  name: string,
  flags: ReplayFlags,
  did: "rebuild" | "abandon",
): Promise<RebuildState> {
  const act = newAct(flags);
  const id = hashOf("rebuild", name);
  const run = await holdRun(id, act, { run: { reaction: name, until_ms: act.nowMs }, record: { did } });
  return new RebuildState(id, act, run);
}

async function rehearse(
  { name, types }: Pick<ReactionDeclaration, "name" | "types">,
  { flags, io }: { flags: ReplayFlags; io: ReplayContext["io"] },
): Promise<number> {
  const { newest } = await readGenerations(name);
  const generation = newest + 1;
  const selection = { types, fromMs: 0, toMs: clock.now() };
  const { absent } = await lookThrough({ reaction: name, selection, generation });
  if (flags.json) io.out(JSON.stringify({ would: "rebuild", events: absent, generation }));
  else
    io.out(
      `Would build generation ${generation} of ${name} from ${absent} archived events, then switch to it.`,
    );
  return 0;
}

async function abandon(
  name: string,
  { flags, io }: { flags: ReplayFlags; io: ReplayContext["io"] },
): Promise<number> {
  const state = await beginRebuild(name, flags, "abandon");
  const wasBuilding = await abandonBuilding(name, state.act);
  await dropGivenUp(name, state.act);
  await state.save("finished");
  io.out(
    wasBuilding ? `The new generation of ${name} is given up.` : `No generation of ${name} is being built.`,
  );
  return 0;
}

function feedOf(
  { reaction, perSecond }: ReplayFlags,
  types: readonly string[],
  { generation, since_ms }: Building,
): Feed {
  const selection = { types, fromMs: 0, toMs: since_ms + GRACE_MS };
  return { reaction, selection, generation, to: { generation }, perSecond };
}

/** Passes over the archive until every event is final in the new generation. */
async function fill(
  state: RebuildState,
  from: Feed,
  { io, pause }: Waiting,
): Promise<"ready" | "stopped" | Counts> {
  let isWholePass = state.run.cursor === undefined;
  for (;;) {
    const { id, act, run } = state;
    const onStep = state.set.bind(state);
    const { counts, stopped } = await feed(from, { id, act, run }, { signal: io.signal, onStep });
    if (stopped) return "stopped";
    const { absent, moving, queued, parked, final } = counts;
    const open = absent + moving + queued + parked;
    if (isWholePass && open === 0 && clock.now() >= from.selection.toMs) return "ready";
    if (parked > 0 && absent + moving === 0) return counts;
    io.note(`${final} events are handled in the new generation, ${open} are open ...`);
    await waitUntilDue(state, pause);
    // The next pass starts from the beginning: a late event may lie before the cursor.
    state.startPass();
    isWholePass = true;
  }
}

/** Waits until the last posted task is due, and renews the lease meanwhile. */
async function waitUntilDue(state: RebuildState, pause: () => Promise<void>): Promise<void> {
  do {
    await pause();
    await state.save();
  } while (clock.now() < state.run.last_due_ms);
}

function reportUnready(
  result: "stopped" | Counts,
  { flags, io }: { flags: ReplayFlags; io: ReplayContext["io"] },
): number {
  if (result === "stopped") {
    io.out("Stopped before the end: new events go to both generations, and the same command continues.");
    return STOPPED;
  }
  io.out(
    `${result.parked} events are parked in the new generation: see npm run parked -- --reaction ${flags.reaction}. ` +
      "Release or drop them and run this again, or give the generation up with --abandon.",
  );
  return 1;
}

/**
 * Removes replaced generations as soon as readers no longer use them.
 * @returns true when all of them are removed
 */
async function removeOld(name: string, state: RebuildState, { io, pause }: Waiting): Promise<boolean> {
  // Deliveries that were under way when a generation was given up may have parked more entries since.
  await dropGivenUp(name, state.act);
  while (await removeRetired(name, clock.now(), () => !io.signal.aborted)) {
    if (io.signal.aborted) return false;
    await pause();
    await state.save();
  }
  return true;
}

function switchedText(name: string, isClean: boolean): string {
  const rest = isClean ? "" : " Documents of the old generation are left: the same command removes them.";
  return `${name} is rebuilt, and readers get the new generation.${rest}`;
}
