import * as v from "valibot";
import type { User } from "../collections.ts";
import { emailClaims, users } from "../collections.ts";
import { email, oneLine } from "../events/define.ts";
import { Problem } from "../http/problem.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { emailHash } from "../values/ids.ts";
import { MAX_NAME_CHARACTERS, timeZone, userView } from "./account.ts";
import { isWholeStatement, stateConsent, statement, WHOLE_STATEMENT_WORDS } from "./consent.ts";

const signUpBody = v.pipe(
  v.strictObject({
    email,
    name: oneLine(MAX_NAME_CHARACTERS),
    ...statement,
    time_zone: v.optional(timeZone, "UTC"),
  }),
  v.check(body => isWholeStatement(body), WHOLE_STATEMENT_WORDS),
);

/**
 * Opens an account and claims its address in one transaction. Every sign-up reads the claim document of its address.
 * When two sign-ups with one address run at the same time, one commits. The other one conflicts, runs again and is
 * refused.
 * @throws Problem 409 when another account has the address
 */
export async function signUp({ body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const { email: address, name, time_zone, ...stated } = validBody(signUpBody, body);
  const claim = emailHash(address);
  if (await work.get(emailClaims, claim)) throw emailConflict();
  const userId = newId("usr");
  const user: User = {
    user_id: userId,
    email: address,
    name,
    time_zone,
    signed_up_at_ms: nowMs,
    owned_by: "accounts",
    owned_since_ms: nowMs,
  };
  work.set(emailClaims, claim, { user_id: userId });
  work.create(users, userId, user);
  work.emit({
    event_type: "user.signed_up",
    user_id: userId,
    payload: { email: address, name },
  });
  const consent = stateConsent(userId, stated, { work, stored: undefined, by: "POST /users" });
  return {
    status: 201,
    body: userView(user, consent),
    headers: { location: `/users/${userId}` },
    aggregate: userId,
  };
}

function emailConflict(): Problem {
  return new Problem({
    status: 409,
    slug: "email-taken",
    detail: "Another account has this e-mail address. Upper and lower case count as the same.",
  });
}
