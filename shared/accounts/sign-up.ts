import * as v from "valibot";
import type { User } from "../collections.ts";
import { emailClaims, users } from "../collections.ts";
import { email, oneLine } from "../events/define.ts";
import { Problem } from "../http/problem.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { claimId, timeZone, userView } from "./account.ts";

const signUpBody = v.strictObject({
  email,
  name: oneLine(200),
  marketing_consent: v.optional(v.boolean("true or false"), false),
  time_zone: v.optional(timeZone, "UTC"),
});

/**
 * Opens an account and claims its address in one transaction. Every sign-up reads the claim document of its address.
 * When two sign-ups with one address run at the same time, one commits. The other one conflicts, runs again and is
 * refused.
 * @throws Problem 409 when another account has the address
 */
export async function signUp({ body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const asked = validBody(signUpBody, body);
  const claim = claimId(asked.email);
  if (await work.get(emailClaims, claim)) throw emailConflict();
  const userId = newId("usr");
  const user: User = {
    user_id: userId,
    ...asked,
    marketing_consent_at_ms: nowMs,
    signed_up_at_ms: nowMs,
    owned_by: "accounts",
    owned_since_ms: nowMs,
  };
  work.set(emailClaims, claim, { user_id: userId });
  work.create(users, userId, user);
  work.emit({
    event_type: "user.signed_up",
    user_id: userId,
    payload: { email: asked.email, name: asked.name },
  });
  return {
    status: 201,
    body: userView(user),
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
