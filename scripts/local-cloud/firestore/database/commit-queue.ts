import { aborted } from "../documents/refusals.ts";
import type { Change } from "../documents/stored-document.ts";
import type { CommitPlan } from "../documents/write.ts";
import type { LockHolder } from "./lock-waiter.ts";
import type { Locks } from "./locks.ts";

/** A commit that plans its changes anew on each attempt, because documents can change while the commit waits. */
export interface CommitRequest {
  /** The transaction that commits; undefined for a commit outside a transaction. */
  holder: LockHolder | undefined;
  /**
   * Plans the changes against the present documents.
   * @throws the error that the commit fails with
   */
  plan(): CommitPlan;
  /**
   * Writes the plan.
   * @throws when writing fails; then nothing has changed
   */
  apply(plan: CommitPlan): void;
  /** Ends the transaction after the commit has succeeded or failed: its locks must not wait for the client. */
  end(): void;
}

interface WaitingCommit {
  request: CommitRequest;
  changes: readonly Change[];
  finish(outcome: { plan: CommitPlan } | { error: unknown }): void;
}

/**
 * Commits that wait for the read locks of other transactions. Two transactions that have each read the document that
 * the other one writes would wait for ever. The queue finds such a circle when the wait begins, and answers ABORTED to
 * the circle's youngest transaction.
 */
export class CommitQueue {
  readonly #locks: Locks;
  readonly #waiting = new Set<WaitingCommit>();

  constructor(locks: Locks) {
    this.#locks = locks;
  }

  /**
   * Commits as soon as no read lock forbids the changes.
   * @returns the plan that was written
   * @throws the plan's error, RpcError ABORTED, or the signal's reason when the call is cancelled
   */
  commit(request: CommitRequest, signal: AbortSignal): Promise<CommitPlan> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const giveUp = () => {
        this.#waiting.delete(commit);
        request.end();
        reject(signal.reason);
      };
      const commit: WaitingCommit = {
        request,
        changes: [],
        finish(outcome) {
          signal.removeEventListener("abort", giveUp);
          if ("plan" in outcome) resolve(outcome.plan);
          else reject(outcome.error);
        },
      };
      if (this.#attempt(commit)) return;
      this.#waiting.add(commit);
      signal.addEventListener("abort", giveUp);
      this.#breakCircles(commit);
    });
  }

  /** Attempts the waiting commits again, first come first served. To be called after every release of locks. */
  retry(): void {
    for (const commit of [...this.#waiting]) if (this.#waiting.has(commit)) this.#attempt(commit);
  }

  /**
   * Attempts a commit. A finished commit leaves the queue before its transaction ends: that end calls `retry` again.
   * @returns true when the commit has succeeded or failed, false when it has to wait
   */
  #attempt(commit: WaitingCommit): boolean {
    const { request } = commit;
    try {
      const plan = request.plan();
      commit.changes = plan.changes;
      this.#locks.expectWrites(plan.changes);
      if (this.#locks.blockers(request.holder, plan.changes).size > 0) return false;
      request.apply(plan);
      commit.finish({ plan });
    } catch (error) {
      commit.finish({ error });
    }
    this.#waiting.delete(commit);
    request.end();
    return true;
  }

  /** Returns the waiting commits of the transactions that a commit waits for. */
  #blockersOf({ request, changes }: WaitingCommit): WaitingCommit[] {
    const blockers = this.#locks.blockers(request.holder, changes);
    return [...this.#waiting].filter(
      ({ request: { holder } }) => holder !== undefined && blockers.has(holder),
    );
  }

  /** Returns the commits in a circle of waits through a commit, itself included; none without a circle. */
  #circleThrough(start: WaitingCommit): WaitingCommit[] {
    const visited = new Set<WaitingCommit>();
    const search = (commit: WaitingCommit): WaitingCommit[] => {
      visited.add(commit);
      const next = this.#blockersOf(commit);
      if (next.includes(start)) return [commit];
      for (const blocker of next) {
        const rest = visited.has(blocker) ? [] : search(blocker);
        if (rest.length > 0) return [commit, ...rest];
      }
      return [];
    };
    return start.request.holder ? search(start) : [];
  }

  /** Aborts the youngest commit of each circle through a commit. Its end gives the others their next attempt. */
  #breakCircles(commit: WaitingCommit): void {
    // The other commits may plan other changes now than when they began to wait.
    for (const other of [...this.#waiting]) {
      if (other.request.holder && this.#waiting.has(other)) this.#attempt(other);
    }
    while (this.#waiting.has(commit)) {
      const [youngest] = this.#circleThrough(commit).sort((a, b) => rankOf(b) - rankOf(a));
      if (!youngest) return;
      this.#waiting.delete(youngest);
      youngest.finish({ error: aborted() });
      youngest.request.end();
    }
  }
}

const rankOf = ({ request }: WaitingCommit): number => request.holder?.rank ?? 0;
