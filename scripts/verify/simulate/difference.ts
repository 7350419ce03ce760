/** A value in the shop that is not as expected. */
export interface Difference {
  /** The id of the event, order, cart or product. */
  about: string;
  expected: string;
  found: string;
}

export function differenceText({ about, expected, found }: Difference): string {
  return `${about}: expected ${expected}, found ${found}`;
}

/**
 * Checks that something exists exactly once.
 * @returns one difference for any other count; none otherwise
 */
export function countedOnce(about: string, what: string, count: number): Difference[] {
  return count === 1 ? [] : [{ about, expected: `${what} once`, found: `${count} times` }];
}
