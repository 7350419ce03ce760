import * as v from "valibot";
import type { User } from "../collections.ts";
import { users } from "../collections.ts";
import { oneLine, text } from "../events/define.ts";
import { Problem } from "../http/problem.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { accountIn, timeZone, userView } from "./account.ts";

const changes = v.pipe(
  v.strictObject({
    marketing_consent: v.exactOptional(v.boolean("true or false")),
    time_zone: v.exactOptional(timeZone),
  }),
  v.check(asked => Object.keys(asked).length > 0, "marketing_consent, time_zone, or both"),
);

/** Changes the settings of an account. A new consent to marketing mails overrides an older unsubscription. */
export async function change({ params, body, nowMs }: Command, work: Work): Promise<Decision> {
  const asked = validBody(changes, body);
  const before = await accountIn(params, work);
  const user: User = {
    ...before,
    ...asked,
    // Spread over the account: an undefined time would erase the time of the last consent.
    ...(asked.marketing_consent === undefined ? {} : { marketing_consent_at_ms: nowMs }),
  };
  work.set(users, user.user_id, user);
  return { status: 200, body: userView(user), aggregate: user.user_id };
}

const banBody = v.strictObject({
  reason: v.pipe(text(1000), v.minLength(1, "the reason of the ban, 1 to 1000 characters")),
  banned_by: oneLine(500),
});

/**
 * Bans a user. A second ban is refused: its reason and its author would be lost, and a second mail would be sent. A
 * client that repeats a request sends the same Idempotency-Key.
 * @throws Problem 409 when the user is banned already
 */
export async function ban({ params, body, nowMs }: Command, work: Work): Promise<Decision> {
  const { reason, banned_by } = validBody(banBody, body);
  const before = await accountIn(params, work);
  if (before.banned)
    throw new Problem({ status: 409, slug: "user-banned", detail: "This user is banned already." });
  const user: User = { ...before, banned: { reason, banned_by, at_ms: nowMs } };
  work.set(users, user.user_id, user);
  work.emit({ event_type: "user.banned", user_id: user.user_id, payload: { reason, banned_by } });
  return { status: 200, body: userView(user), aggregate: user.user_id };
}
