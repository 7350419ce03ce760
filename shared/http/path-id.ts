import * as v from "valibot";
import { id, wordsOf } from "../events/define.ts";
import { Problem } from "./problem.ts";

/**
 * Creates the 404 for a document that does not exist.
 * @param kind the noun of the problem's type, such as "order"
 */
export function noSuch(kind: string): Problem {
  return new Problem({
    status: 404,
    slug: `no-such-${kind}`,
    detail: `There is no ${kind} with this id.`,
  });
}

/**
 * Reads the `:id` of a path.
 * @throws Problem 404 for a text that is no id: no document has it
 */
export function idIn(params: Readonly<Record<string, string>>, kind: string): string {
  const { id: sent } = params;
  if (v.is(id, sent)) return sent;
  throw noSuch(kind);
}

/**
 * Reads the `:id` of a path under which a command may create a document.
 * @throws Problem 400 that describes a valid id
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
