import * as v from "valibot";
import type { User } from "../collections.ts";
import { access, users } from "../collections.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import type { Command } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";
import { hashOf } from "../values/ids.ts";

const ZONE_WORDS = 'a time zone of the IANA database, such as "Europe/Berlin"';

/** A time zone by its IANA name; offsets such as "+01:00" know no summer. */
export const timeZone = v.pipe(
  v.string(ZONE_WORDS),
  v.regex(/^[A-Za-z]/, ZONE_WORDS),
  v.check(isTimeZone, ZONE_WORDS),
);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Where the claim of an address lies. Hashed: an address may hold what no document id can. */
export function claimId(email: string): string {
  return hashOf(email.normalize("NFC").toLowerCase());
}

/**
 * The account of the path.
 * @throws Problem 404 where there is none, 410 where it was erased
 */
export async function accountIn(params: Command["params"], work: Pick<Work, "get">): Promise<User> {
  const user = await work.get(users, idIn(params, "user"));
  if (!user) throw noSuch("user");
  if (user.erased_at_ms !== undefined) throw erased();
  return user;
}

export function erased(): Problem {
  return new Problem({
    status: 410,
    slug: "user-erased",
    detail: "This user was erased, and is not coming back.",
  });
}

/**
 * Whoever wants something of the shop may use it: an erased person never comes back, a banned one may not. Nobody
 * needs an account. Read in the transaction that would keep something about them, it cannot come too late.
 * @throws Problem 410 where they were erased, 403 where they are banned, here or by another system's report
 */
export async function checkCustomer(userId: string, documents: Pick<Work, "get">): Promise<void> {
  const [user, reported] = await Promise.all([documents.get(users, userId), documents.get(access, userId)]);
  if (user?.erased_at_ms !== undefined) throw erased();
  if (!user?.banned && !reported?.blocked) return;
  const detail = "This user is banned and may not use the shop.";
  throw new Problem({ status: 403, slug: "user-blocked", detail });
}

export function userView(user: User) {
  const {
    user_id,
    email,
    name,
    marketing_consent = false,
    time_zone = "UTC",
    signed_up_at_ms,
    banned,
  } = user;
  return {
    user_id,
    email,
    name,
    marketing_consent,
    time_zone,
    signed_up_at: shownTime(signed_up_at_ms),
    ...(banned && {
      banned: { reason: banned.reason, banned_by: banned.banned_by, at: shownTime(banned.at_ms) },
    }),
  };
}

export function shownTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
