import * as v from "valibot";
import type { User } from "../../collections.ts";
import { emailClaims, users } from "../../collections.ts";
import { idIn, noSuch } from "../../http/path-id.ts";
import { validBody } from "../../http/valid-body.ts";
import type { Command, Decision } from "../../pipeline/command.ts";
import type { Work } from "../../pipeline/work.ts";
import { emailHash } from "../../values/ids.ts";
import { timeView } from "../account.ts";
import { isHeld } from "../held-data.ts";
import { ERASE_PERSON, firstPage } from "./erase-run.ts";

/**
 * Decides the erasure of a person. The account becomes a tombstone at once. Late events then store no personal data, and
 * the mail address is free again. A timer removes the personal data from all other documents, page by page. A repeated
 * request starts the timer again.
 * @throws Problem 404 when nothing is held about the person
 */
export async function erase({ params, body, nowMs }: Command, work: Work): Promise<Decision> {
  validBody(v.strictObject({}), body);
  const userId = idIn(params, "user");
  const user = await work.get(users, userId);
  // A person without an account may be known from events of other systems.
  if (!user && !(await isHeld(userId))) throw noSuch("user");
  const erasedAtMs = user?.erased_at_ms ?? nowMs;
  // The owner stays: late facts of other systems about an erased account of this shop still change nothing.
  const { owned_by, owned_since_ms } = user ?? {};
  const tombstone: User = { user_id: userId, erased_at_ms: erasedAtMs, owned_by, owned_since_ms };
  work.set(users, userId, tombstone);
  if (user?.email !== undefined) work.delete(emailClaims, emailHash(user.email));
  const page = firstPage(userId, nowMs);
  work.timer(ERASE_PERSON, { key: page.key, dueMs: nowMs, data: page.data });
  return {
    status: 202,
    body: { user_id: userId, status: "erasing", erased_at: timeView(erasedAtMs) },
    aggregate: userId,
  };
}
