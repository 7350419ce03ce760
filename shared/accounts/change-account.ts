import * as v from "valibot";
import type { User } from "../collections.ts";
import { consents, users } from "../collections.ts";
import { oneLine, text } from "../events/define.ts";
import { Problem } from "../http/problem.ts";
import { validBody } from "../http/valid-body.ts";
import type { Command, Decision } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { accountIn, MAX_NAME_CHARACTERS, timeZone, userView } from "./account.ts";
import { isWholeStatement, stateConsent, statement, WHOLE_STATEMENT_WORDS } from "./consent.ts";
import { personIn } from "./person.ts";

const changes = v.pipe(
  v.strictObject({
    ...statement,
    name: v.exactOptional(oneLine(MAX_NAME_CHARACTERS)),
    time_zone: v.exactOptional(timeZone),
  }),
  v.check(asked => Object.keys(asked).length > 0, "marketing_consent, name or time_zone"),
  v.check(body => isWholeStatement(body), WHOLE_STATEMENT_WORDS),
);

/**
 * Changes the settings of a person: an account, or a person whom only other systems know. Such a person gets no account
 * by a change. A new consent to marketing mails overrides an older withdrawal.
 */
export async function change({ params, body }: Command, work: Work): Promise<Decision> {
  const { name, time_zone, ...stated } = validBody(changes, body);
  const before = await personIn(params, work);
  const { user_id } = before;
  const stored = await work.get(consents, user_id);
  const user: User = {
    ...before,
    ...(name === undefined ? {} : { name }),
    ...(time_zone === undefined ? {} : { time_zone }),
  };
  if (name !== undefined || time_zone !== undefined) work.set(users, user_id, user);
  const consent = stateConsent(user_id, stated, { work, stored, by: "PATCH /users/:id" });
  return { status: 200, body: userView(user, consent), aggregate: user_id };
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
export async function ban({ params, body: sent, nowMs }: Command, work: Work): Promise<Decision> {
  const { reason, banned_by } = validBody(banBody, sent);
  const before = await accountIn(params, work);
  if (before.banned)
    throw new Problem({ status: 409, slug: "user-banned", detail: "This user is banned already." });
  const consent = await work.get(consents, before.user_id);
  const user: User = { ...before, banned: { reason, banned_by, at_ms: nowMs } };
  work.set(users, user.user_id, user);
  work.emit({ event_type: "user.banned", user_id: user.user_id, payload: { reason, banned_by } });
  const body = userView(user, consent?.marketing_consent ?? false);
  return { status: 200, body, aggregate: user.user_id };
}
