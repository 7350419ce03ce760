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
 * Opens an account. Its address is claimed in the same transaction, by a document that every other sign-up with that
 * address reads: of two at the same moment one commits, and the other runs again and finds it.
 */
export async function signUp({ body, nowMs, newId }: Command, work: Work): Promise<Decision> {
  const asked = validBody(signUpBody, body);
  const claim = claimId(asked.email);
  if (await work.get(emailClaims, claim)) throw emailTaken();
  const userId = newId("usr");
  const user: User = {
    user_id: userId,
    ...asked,
    marketing_consent_at_ms: nowMs,
    signed_up_at_ms: nowMs,
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

function emailTaken(): Problem {
  return new Problem({
    status: 409,
    slug: "email-taken",
    detail: "There is an account with this e-mail address; upper and lower case make no difference.",
  });
}
