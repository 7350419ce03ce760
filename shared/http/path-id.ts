import * as v from "valibot";
import { id, wordsOf } from "../events/define.ts";
import { Problem } from "./problem.ts";

/** The 404 for a thing that is not there: an order, a product. */
export function noSuch(what: string): Problem {
  return new Problem({
    status: 404,
    slug: `no-such-${what}`,
    detail: `There is no ${what} with this id.`,
  });
}

/**
 * The `:id` of a path.
 * @throws Problem 404 for what can be no id: nothing has it
 */
export function idIn(params: Readonly<Record<string, string>>, what: string): string {
  const { id: sent } = params;
  if (v.is(id, sent)) return sent;
  throw noSuch(what);
}

/**
 * The `:id` of a path under which something may be created.
 * @throws Problem 400 that says what an id is
 */
export function newIdIn(params: Readonly<Record<string, string>>): string {
  const { id: sent } = params;
  if (v.is(id, sent)) return sent;
  throw new Problem({
    status: 400,
    slug: "invalid-id",
    detail: `The last part of the path must be ${wordsOf(id)}.`,
  });
}
