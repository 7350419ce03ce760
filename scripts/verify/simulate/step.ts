/** One request of the simulated day, planned before anything is sent. */
export interface Step {
  /** The name in reports: an event's id, a command's Idempotency-Key. */
  name: string;
  method: "POST" | "PUT";
  /** `{order}` or `{made}` in path and body stands for the id of what the step `about` makes. */
  path: string;
  body: Readonly<Record<string, unknown>>;
  /** Age of the event when sent; negative when the client's clock is ahead. */
  ageMs?: number;
  /** Name of a step whose timestamp this event shares: two systems report the same fact. */
  momentOf?: string;
  /** Name of the step that makes the order or account in question. When that step is refused, this step is not sent. */
  about?: string;
  /** Another system reports about a thing that this shop made. The report is accepted and changes nothing. */
  isForeign?: true;
  /**
   * Product whose latest open supplier order this step receives; `{supplier_order}` in the path stands for its id. Without
   * an open order within these real milliseconds, this step is not sent.
   */
  receives?: { product_id: string; withinMs: number };
  /** Name of the step that this one repeats byte by byte. */
  again?: string;
  /**
   * The expected outcome; absent: accepted. `either`: any answer. `conflict`: a second event under a used id, which is
   * accepted and may be parked.
   */
  expect?: "refused" | "either" | "conflict";
  /** Real milliseconds to wait before the request. */
  pauseMs: number;
}

export const INGEST = "/events/ingest";

export function isEvent({ path }: Step): boolean {
  return path === INGEST;
}

/** Steps of one shopper, one after the other. */
export type Visit = readonly Step[];

/** A part of the day. The clock stands still, and then moves to the next part. */
export interface Round {
  /** Visits while the clock stands still, all at once. */
  visits: Visit[];
  /** Visits while the clock moves to the next round. */
  meanwhile: Visit[];
  /** Time by which the clock moves after `visits`. */
  gapMs: number;
}

/** A product of the shop. */
export interface Goods {
  product_id: string;
  price: number;
  stock: number;
  threshold: number | null;
  supplier?: { name: string; email: string };
}

/** A whole day of a shop. */
export interface Day {
  /** The part that all ids of the day share. */
  tag: string;
  goods: readonly Goods[];
  /** Visits before the first round: they create the products, and one of them runs low. */
  opening: Visit[];
  rounds: Round[];
}

/** A step with its burst. Round n has burst 2n for `visits` and burst 2n + 1 for `meanwhile`. */
export interface Planned {
  burst: number;
  step: Step;
}

export function stepsOf(day: Day): Step[] {
  return [...day.opening, ...day.rounds.flatMap(({ visits, meanwhile }) => [...visits, ...meanwhile])].flat();
}
