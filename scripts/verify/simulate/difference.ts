/** Something in the books that is not as it has to be. */
export interface Difference {
  /** The event, order, cart or product, by its id. */
  about: string;
  expected: string;
  found: string;
}

export function textOf({ about, expected, found }: Difference): string {
  return `${about}: expected ${expected}, found ${found}`;
}

/** A difference where two numbers are not the same, and nothing where they are. */
export function countedOnce(about: string, what: string, count: number): Difference[] {
  return count === 1 ? [] : [{ about, expected: `${what} once`, found: `${count} times` }];
}
