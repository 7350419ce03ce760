/** Number of users who send events. */
export const USERS = 2_000;

/** Number of users whose events may fail: those with the lowest numbers. */
export const FAILING_USERS = 50;

/** A message to the shop under test. */
export type ShopRequest =
  /** Begins a measurement in which the events of so many users fail. */
  | { ask: "reset"; failing: number }
  /** Waits until so many events were handled. */
  | { ask: "wait"; events: number }
  /** Asks for the latencies of the measurement. */
  | { ask: "report" };

/** The answer of the shop under test. */
export interface ShopAnswer {
  /** Times from acceptance to handling, in milliseconds, of users whose events never fail. */
  latenciesMs?: number[];
  /** Number of failed attempts. */
  failures?: number;
}

export function userId(user: number): string {
  return `usr_${user}`;
}

export function eventId(user: number, name: string): string {
  return `evt_${user}_${name}`;
}

/** Tells whether an event belongs to a user whose events may fail. */
export function mayFail(id: string): boolean {
  return Number(id.split("_")[1]) < FAILING_USERS;
}
