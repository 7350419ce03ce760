import type { LockHolder, Locks } from "./locks.ts";
import { aborted } from "./refusals.ts";
import type { Change } from "./stored-document.ts";
import type { CommitPlan } from "./write.ts";

/** A commit that has to be worked out anew on each attempt, because the documents changed while it waited. */
export interface Attempt {
  holder: LockHolder | undefined;
  /** Works out what would be written now; throws what the commit has to fail with. */
  plan(): CommitPlan;
  /** Makes the plan true; throws when it cannot be, with nothing changed. */
  apply(plan: CommitPlan): void;
  /** Ends the transaction, whose commit is made or cannot succeed: its locks must not wait for the client. */
  end(): void;
}

interface WaitingCommit extends Attempt {
  changes: readonly Change[];
  settle(outcome: { plan: CommitPlan } | { error: unknown }): void;
}

/**
 * Commits that wait for the read locks of others. A wait that can never end (two transactions that have read
 * what the other one writes) is found when it begins, and costs the youngest of the circle an ABORTED.
 */
export function createCommitQueue(locks: Locks) {
  const waiting = new Set<WaitingCommit>();

  /** True when the attempt is over, well or badly. Leaves the queue first: what follows calls `retry` again. */
  function attempt(commit: WaitingCommit): boolean {
    try {
      const plan = commit.plan();
      commit.changes = plan.changes;
      if (locks.blockers(commit.holder, plan.changes).size > 0) return false;
      commit.apply(plan);
      commit.settle({ plan });
    } catch (error) {
      commit.settle({ error });
    }
    waiting.delete(commit);
    commit.end();
    return true;
  }

  /** The waiting commits of the transactions that this one waits for. */
  function blockersOf({ holder, changes }: WaitingCommit): WaitingCommit[] {
    const blockers = locks.blockers(holder, changes);
    return [...waiting].filter(other => other.holder && blockers.has(other.holder));
  }

  /** The commits in a circle of waits through this one, itself included; empty when there is none. */
  function circleThrough(start: WaitingCommit): WaitingCommit[] {
    const visited = new Set<WaitingCommit>();
    const search = (commit: WaitingCommit): WaitingCommit[] => {
      visited.add(commit);
      const next = blockersOf(commit);
      if (next.includes(start)) return [commit];
      for (const blocker of next) {
        const rest = visited.has(blocker) ? [] : search(blocker);
        if (rest.length > 0) return [commit, ...rest];
      }
      return [];
    };
    return start.holder ? search(start) : [];
  }

  /** Aborting the youngest ends its transaction, which gives the others their next attempt. */
  function breakCircles(commit: WaitingCommit): void {
    // What the others would write may have changed since they began to wait.
    for (const other of [...waiting]) if (other.holder && waiting.has(other)) attempt(other);
    while (waiting.has(commit)) {
      const youngest = circleThrough(commit).sort((a, b) => (b.holder?.rank ?? 0) - (a.holder?.rank ?? 0))[0];
      if (!youngest) return;
      waiting.delete(youngest);
      youngest.settle({ error: aborted() });
      youngest.end();
    }
  }

  return {
    /** Resolves with what was written. Rejects with the plan's error, ABORTED, or when the call is given up. */
    commit(request: Attempt, signal: AbortSignal): Promise<CommitPlan> {
      return new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const giveUp = () => {
          waiting.delete(commit);
          commit.end();
          reject(signal.reason);
        };
        const commit: WaitingCommit = {
          ...request,
          changes: [],
          settle(outcome) {
            signal.removeEventListener("abort", giveUp);
            if ("plan" in outcome) resolve(outcome.plan);
            else reject(outcome.error);
          },
        };
        if (attempt(commit)) return;
        waiting.add(commit);
        signal.addEventListener("abort", giveUp);
        breakCircles(commit);
      });
    },
    /** To be called after every release of locks: first come, first served. */
    retry(): void {
      for (const commit of [...waiting]) if (waiting.has(commit)) attempt(commit);
    },
  };
}
