import { MINUTE_MS } from "../../../shared/values/durations.ts";
import type { Dice } from "./dice.ts";
import type { Planned, Step } from "./step.ts";
import { INGEST } from "./step.ts";

/** Lag of a shopper's clock: most clocks are right, some are behind, some are ahead. */
const CLOCKS_MS = [
  0,
  0,
  0,
  0,
  0,
  0,
  12 * MINUTE_MS,
  45 * MINUTE_MS,
  -5 * MINUTE_MS,
  -90 * MINUTE_MS,
] as const;

/** Share of requests that a client repeats within seconds, without waiting for the answer. */
const REPEATED = 0.05;

export type Body = Readonly<Record<string, unknown>>;

/** The steps of one shopper, in the order in which the story adds them. */
export class StepPlan {
  readonly planned: Planned[] = [];
  /** The part that all ids of this shopper share. */
  readonly id: string;
  readonly #dice: Dice;
  readonly #clockMs: number;
  #burst = 0;

  constructor(id: string, dice: Dice) {
    this.id = id;
    this.#dice = dice;
    this.#clockMs = dice.pick(CLOCKS_MS);
  }

  /** Puts all further steps into this burst. */
  moveTo(burst: number): void {
    this.#burst = burst;
  }

  /** Builds an id that no other step of the run has. */
  nextId(prefix: string): string {
    return `${prefix}_${this.id}_${this.planned.length}`;
  }

  /** Adds a POST of a command under an Idempotency-Key of its own. */
  command(step: Omit<Step, "name" | "pauseMs" | "method">): Step {
    return this.#add(step, `${this.id}-${this.planned.length}`);
  }

  /**
   * Adds an event, and sometimes its repeat. The timestamp follows the shopper's clock unless the options say otherwise.
   * @returns the event's id
   */
  event(body: Body, options: Partial<Step> = {}): string {
    const eventId = this.nextId("evt");
    const sent = { path: INGEST, body: { event_id: eventId, ...body }, ageMs: this.#clockMs, ...options };
    this.repeatSometimes(this.#add(sent, eventId));
    return eventId;
  }

  /** Adds the same request once more, with the probability of an impatient client. */
  repeatSometimes(step: Step): void {
    if (this.#dice.chance(REPEATED)) this.#add({ ...step, again: step.name }, `${step.name} again`);
  }

  #add(step: Omit<Step, "name" | "pauseMs" | "method">, name: string): Step {
    const added: Step = { method: "POST", ...step, name, pauseMs: this.#pauseMs() };
    this.planned.push({ burst: this.#burst, step: added });
    return added;
  }

  /** Between two rounds the clock moves by hours in about a second: a step falls anywhere into that second. */
  #pauseMs(): number {
    return this.#burst % 2 === 0 ? this.#dice.between(2, 12) : this.#dice.between(0, 1_000);
  }
}
