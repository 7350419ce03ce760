import type { Handler, HttpAnswer } from "../../http/handler.ts";
import { readJsonObject } from "../../http/json-body.ts";
import { Problem, unavailable } from "../../http/problem.ts";

const LEDGER_ID = /^[\w-]+~[\w~-]+$/;

/** What Cloud Tasks calls for one entry that was set aside; `release` answers whether the task is done. */
export function releaseRoute(release: (ledgerId: string, n: number) => Promise<boolean>): Handler {
  return async request => {
    const { ledger_id: id, n } = readJsonObject(request);
    if (!isLedgerId(id) || typeof n !== "number") throw notA("release", "{ledger_id, n} of an entry");
    return taken(await release(id, n));
  };
}

export function isLedgerId(id: unknown): id is string {
  return typeof id === "string" && LEDGER_ID.test(id);
}

/** The refusal of a call that nobody of ours makes. */
export function notA(what: "release" | "drain" | "replay", expected: string): Problem {
  return new Problem({ status: 400, slug: `not-a-${what}`, detail: `Expected ${expected}.` });
}

/** The answer to whoever sends again what was not handled. */
export function taken(isHandled: boolean): HttpAnswer {
  if (isHandled) return { status: 204 };
  throw unavailable("Not handled; send it again.");
}
