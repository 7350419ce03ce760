import type { ActResult } from "../../shared/pipeline/records/audit.ts";
import { troubleOf } from "./trouble.ts";

/** The result of an act on many targets. */
export interface Summary {
  /** Targets that the act changed. */
  done: number;
  /** The first targets that the act did not change, with the reason. */
  notDone: { id: string; why: string }[];
  notDoneCount: number;
  /** True: the operator or lasting trouble stopped the act before its end. The same command continues it. */
  stopped: boolean;
  /** True: an error occurred. A target that changed meanwhile is no error. */
  failed: boolean;
}

/** Targets whose reasons are listed: more do not fit on a screen. */
const MAX_LISTED = 20;

/** Troubles in a row after which the act stops: the next targets would fail, too. */
const MAX_TROUBLES_IN_A_ROW = 3;

/**
 * Acts on targets one after the other, until the operator stops it.
 * Each act is a commit of its own that reads the state again. Stopping, repeating and running twice at once are safe.
 * A failing target does not stop the act, except when the platform or rights fail several times in a row.
 */
export async function actOnEach<T extends { id: string }>(
  targets: AsyncIterable<T>,
  act: (target: T) => Promise<ActResult>,
  { signal, onStep }: { signal?: AbortSignal; onStep?: (summary: Summary) => void } = {},
): Promise<Summary> {
  const summary: Summary = { done: 0, notDone: [], notDoneCount: 0, stopped: false, failed: false };
  let troubles = 0;
  for await (const target of targets) {
    if (signal?.aborted || troubles === MAX_TROUBLES_IN_A_ROW) {
      summary.stopped = true;
      break;
    }
    const outcome = await attempt(() => act(target), summary);
    troubles = "trouble" in outcome ? troubles + 1 : 0;
    if (outcome.done) summary.done += 1;
    else {
      summary.notDoneCount += 1;
      if (summary.notDone.length < MAX_LISTED) summary.notDone.push({ id: target.id, why: outcome.why });
    }
    onStep?.(summary);
  }
  return summary;
}

async function attempt(
  act: () => Promise<ActResult>,
  summary: Summary,
): Promise<ActResult | { done: false; why: string; trouble: true }> {
  try {
    return await act();
  } catch (error) {
    summary.failed = true;
    const trouble = troubleOf(error);
    if (trouble) return { done: false, why: trouble.message, trouble: true };
    return { done: false, why: error instanceof Error ? error.message : String(error) };
  }
}
