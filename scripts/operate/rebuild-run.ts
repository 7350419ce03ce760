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
import type { ReplayRun } from "../../shared/pipeline/operate/replay/replay-run.ts";
import { holdRun, noteRun } from "../../shared/pipeline/operate/replay/replay-run.ts";
import { readGenerations } from "../../shared/pipeline/records/generation.ts";
import { hashOf } from "../../shared/values/ids.ts";
import { dropGivenUp } from "./drop-given-up.ts";
import type { ReplayContext } from "./replay-context.ts";
import { newAct } from "./replay-context.ts";
import type { ReplayFlags } from "./replay-flags.ts";
import { STOPPED } from "./tool.ts";

/**
 * What was received before the new generation began may take this long to reach the archive: twice the deadline of
 * a delivery, in which the old generation may have taken it alone.
 */
export const GRACE_MS = 2 * 60_000;

/**
 * Gives a projection a new generation, fills it from the archive while live events go to both, and switches when
 * every archived event from before is final in it. Everything is noted: whoever runs it again goes on.
 */
export async function runRebuild(
  flags: ReplayFlags,
  { name, types }: ReactionDeclaration,
  { io, pause }: ReplayContext,
): Promise<number> {
  const act = newAct(flags);
  if (flags.abandon) return abandon(name, { flags, io });
  const id = hashOf("rebuild", name);
  if (flags.dryRun) return rehearse({ name, types }, { flags, io });
  let run = await holdRun(id, act, {
    run: { reaction: name, until_ms: act.nowMs },
    record: { did: "rebuild" },
  });
  const note = (now: ReplayRun) => {
    run = now;
  };
  const filling: Filling = { id, act, run: () => run, note };
  const { live } = await readGenerations(name);
  // Whoever was stopped or killed after the switch only has to clean up.
  if (run.generation !== live) {
    const building = await beginBuilding(name, act);
    note({ ...run, until_ms: building.since_ms, generation: building.generation });
    await noteRun(id, act, { run, nowMs: clock.now() });
    const ended = await fill(filling, feedOf(flags, types, building), { io, pause });
    if (ended !== "ready") {
      await noteRun(id, act, { run, nowMs: clock.now(), ends: "stopped" });
      return sayUnready(ended, { flags, io });
    }
    await switchTo(name, building.generation, newAct(flags));
    io.note(`${name} shows generation ${building.generation} now.`);
  }
  const isClean = await clean(name, filling, { io, pause });
  await noteRun(id, act, { run, nowMs: clock.now(), ends: isClean ? "finished" : "stopped" });
  io.out(flags.json ? JSON.stringify({ live: run.generation, removed: isClean }) : switched(name, isClean));
  return isClean ? 0 : STOPPED;
}

async function rehearse(
  { name, types }: Pick<ReactionDeclaration, "name" | "types">,
  { flags, io }: { flags: ReplayFlags; io: ReplayContext["io"] },
): Promise<number> {
  const { newest } = await readGenerations(name);
  const selection = { types, fromMs: 0, toMs: clock.now() };
  const { absent } = await lookThrough({ reaction: name, selection, generation: newest + 1 });
  if (flags.json) io.out(JSON.stringify({ would: "rebuild", events: absent, generation: newest + 1 }));
  else io.out(`Would build generation ${newest + 1} of ${name} from ${absent} archived events, and switch.`);
  return 0;
}

async function abandon(
  name: string,
  { flags, io }: { flags: ReplayFlags; io: ReplayContext["io"] },
): Promise<number> {
  const act = newAct(flags);
  const id = hashOf("rebuild", name);
  const run = await holdRun(id, act, {
    run: { reaction: name, until_ms: act.nowMs },
    record: { did: "abandon" },
  });
  const wasBuilding = await abandonBuilding(name, act);
  await dropGivenUp(name, act);
  await noteRun(id, act, { run, nowMs: clock.now(), ends: "finished" });
  io.out(wasBuilding ? `What was being built of ${name} is given up.` : `Nothing is being built of ${name}.`);
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

interface Filling {
  id: string;
  act: ReturnType<typeof newAct>;
  run(): ReplayRun;
  note(run: ReplayRun): void;
}

/** Goes through the archive until all of it is final in the new generation, from the start again each time. */
async function fill(
  filling: Filling,
  from: Feed,
  { io, pause }: Pick<ReplayContext, "io" | "pause">,
): Promise<"ready" | "stopped" | Counts> {
  const { id, act, run, note } = filling;
  let isWhole = run().cursor === undefined;
  for (;;) {
    const { counts, stopped } = await feed(
      from,
      { id, act, run: run() },
      { signal: io.signal, onStep: now => note(now) },
    );
    if (stopped) return "stopped";
    const { absent, moving, queued, parked, final } = counts;
    const left = absent + moving + queued + parked;
    if (isWhole && left === 0 && clock.now() >= from.selection.toMs) return "ready";
    if (parked > 0 && absent + moving === 0) return counts;
    io.note(`${final} handled in the new generation, ${left} to come ...`);
    await untilDue(filling, pause);
    // From the start again: what the archive got late stands among what was looked through.
    const { cursor: _passed, ...again } = run();
    note(renamed(again));
    isWhole = true;
  }
}

/** Waits until what was posted is due, and shows meanwhile that somebody is at it. */
async function untilDue({ id, act, run }: Filling, pause: () => Promise<void>): Promise<void> {
  do {
    await pause();
    await noteRun(id, act, { run: run(), nowMs: clock.now() });
  } while (clock.now() < run().last_due_ms);
}

/** A task that was lost is posted again under another name. */
function renamed(run: ReplayRun): ReplayRun {
  const [act = "", pass = "0"] = run.act.split(" ");
  return { ...run, act: `${act} ${Number(pass) + 1}` };
}

function sayUnready(
  ended: "stopped" | Counts,
  { flags, io }: { flags: ReplayFlags; io: ReplayContext["io"] },
): number {
  const { reaction } = flags;
  if (ended === "stopped") {
    io.out("Stopped before the end: new events go to both generations; the same command goes on.");
    return STOPPED;
  }
  io.out(
    `${ended.parked} events are parked in the new generation: see npm run parked -- --reaction ${reaction}, ` +
      "release or drop them, and run this again; or give it up with --abandon.",
  );
  return 1;
}

/** Removes what was replaced, once nobody reads it any more. Answers whether all of it is gone. */
async function clean(
  name: string,
  { id, act, run }: Filling,
  { io, pause }: Pick<ReplayContext, "io" | "pause">,
): Promise<boolean> {
  // What was under way when a generation was given up may have been parked after the others were dropped.
  await dropGivenUp(name, act);
  while (await removeRetired(name, clock.now(), () => !io.signal.aborted)) {
    if (io.signal.aborted) return false;
    await pause();
    await noteRun(id, act, { run: run(), nowMs: clock.now() });
  }
  return true;
}

function switched(name: string, isClean: boolean): string {
  const left = isClean ? "" : " Documents of what it showed before are left: the same command removes them.";
  return `${name} was built anew and shows it.${left}`;
}
