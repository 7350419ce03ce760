import { clock } from "../../../clock.ts";
import { SECOND_MS } from "../../../values/durations.ts";

/** Delay between two events of one subject, so that the first is handled when the second arrives. */
const SUBJECT_GAP_MS = SECOND_MS;

/** Max subjects in memory. Beyond it, subjects whose delay has passed are forgotten. */
const MAX_SUBJECTS = 10_000;

/** Hands out due times at a fixed rate. Two events of one subject are never due close together. */
export class ReplaySlots {
  readonly #gapMs: number;
  readonly #lastBySubject = new Map<string, number>();
  #atMs: number;
  #latestMs: number;

  constructor(lastDueMs: number, gapMs: number) {
    this.#gapMs = gapMs;
    this.#atMs = Math.max(lastDueMs, clock.now());
    this.#latestMs = this.#atMs;
  }

  /** Returns the due time of the next event of a subject, in milliseconds. */
  next(subject: string): number {
    this.#atMs += this.#gapMs;
    const dueMs = Math.max(this.#atMs, (this.#lastBySubject.get(subject) ?? 0) + SUBJECT_GAP_MS);
    if (this.#lastBySubject.size >= MAX_SUBJECTS) this.#forgetPassed();
    this.#lastBySubject.set(subject, dueMs);
    this.#latestMs = Math.max(this.#latestMs, dueMs);
    return Math.ceil(dueMs);
  }

  /** Returns the latest due time so far, in milliseconds. */
  last(): number {
    return Math.max(this.#atMs, this.#latestMs);
  }

  #forgetPassed(): void {
    for (const [subject, lastMs] of this.#lastBySubject)
      if (lastMs + SUBJECT_GAP_MS <= this.#atMs) this.#lastBySubject.delete(subject);
  }
}
