/** One request of the simulated day, decided before anything is sent. */
export interface Step {
  /** Names it in every report: an event's id, a command's Idempotency-Key. */
  name: string;
  method: "POST" | "PUT";
  /** `{order}` in path and body stands for the id of the order that the step `about` placed. */
  path: string;
  body: Readonly<Record<string, unknown>>;
  /** An event happened so long before it is sent; below zero, the clock of its client is ahead. */
  ageMs?: number;
  /** It happened when that step's event did: both report the same. */
  momentOf?: string;
  /** The step that placed the order it speaks of; where that one was refused, this one is not sent. */
  about?: string;
  /** Sends what that step has sent, to the letter. */
  again?: string;
  /** What has to come of it; by default it is accepted. */
  expect?: "refused" | "either" | "conflict";
  /** Real milliseconds that pass before it is sent. */
  pauseMs: number;
}

export const INGEST = "/events/ingest";

export function isEvent({ path }: Step): boolean {
  return path === INGEST;
}

/** Steps of one shopper, one after the other. */
export type Visit = readonly Step[];

/** A part of the day: the visits of its hour, at once, and those made while the clock goes on to the next. */
export interface Round {
  visits: Visit[];
  meanwhile: Visit[];
  /** How far the clock goes on afterwards. */
  gapMs: number;
}

export interface Goods {
  product_id: string;
  price: number;
  stock: number;
  threshold: number | null;
  supplier?: { name: string; email: string };
}

/** A whole day of a shop. */
export interface Day {
  /** Everything in it carries this in its ids. */
  tag: string;
  goods: readonly Goods[];
  opening: Visit[];
  rounds: Round[];
}

/** The steps of a shopper by the burst they belong to: twice the round, one more for while the clock goes on. */
export interface Planned {
  burst: number;
  step: Step;
}

export function stepsOf(day: Day): Step[] {
  return [...day.opening, ...day.rounds.flatMap(({ visits, meanwhile }) => [...visits, ...meanwhile])].flat();
}
