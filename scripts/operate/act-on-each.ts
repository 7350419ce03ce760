import type { ActResult } from "../../shared/pipeline/records/audit.ts";
import { troubleOf } from "./trouble.ts";

/** What was done and what was not, when an act on many ends, however it ends. */
export interface Summary {
  done: number;
  /** Each with the reason, at most as many as a person reads. */
  notDone: { id: string; why: string }[];
  notDoneCount: number;
  /** Before its end, by somebody or by trouble that goes on; run again, it goes on with what is left. */
  stopped: boolean;
  /** Something went wrong, not only came too late. */
  failed: boolean;
}

const MOST_LISTED = 20;

/** Trouble may be that of a single one; so many in a row would meet all the others, too. */
const TROUBLES_IN_A_ROW = 3;

/**
 * Does one thing to each of many, one after the other, until somebody stops it. Each is a commit of its own that
 * looks at the state again, so that stopping, repeating and doing it twice at once do no harm. One that fails does
 * not keep the others waiting, unless the platform or the rights are missing for several in a row.
 */
export async function actOnEach<T extends { id: string }>(
  targets: AsyncIterable<T>,
  act: (target: T) => Promise<ActResult>,
  { signal, onStep }: { signal?: AbortSignal; onStep?: (summary: Summary) => void } = {},
): Promise<Summary> {
  const summary: Summary = { done: 0, notDone: [], notDoneCount: 0, stopped: false, failed: false };
  let troubles = 0;
  for await (const target of targets) {
    if (signal?.aborted || troubles === TROUBLES_IN_A_ROW) {
      summary.stopped = true;
      break;
    }
    const outcome = await attempt(() => act(target), summary);
    troubles = "trouble" in outcome ? troubles + 1 : 0;
    if (outcome.done) summary.done += 1;
    else {
      summary.notDoneCount += 1;
      if (summary.notDone.length < MOST_LISTED) summary.notDone.push({ id: target.id, why: outcome.why });
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
