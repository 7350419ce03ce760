import * as v from "valibot";
import type { User } from "../collections.ts";
import { access, users } from "../collections.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import type { Command } from "../pipeline/command.ts";
import type { Work } from "../pipeline/work.ts";

/** Max characters of a name. */
export const MAX_NAME_CHARACTERS = 200;

const ZONE_WORDS = 'a time zone of the IANA database, such as "Europe/Berlin"';

/** Schema of a time zone: an IANA name. Offsets such as "+01:00" are refused, because they ignore daylight saving. */
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

/**
 * Returns the account that the path names.
 * @throws Problem 404 when the account does not exist, 410 when it was erased
 */
export async function accountIn(params: Command["params"], work: Pick<Work, "get">): Promise<User> {
  const user = await work.get(users, idIn(params, "user"));
  if (user?.erased_at_ms !== undefined) throw userErased();
  if (!isAccount(user)) throw noSuch("user");
  return user;
}

/**
 * Tells whether a document is an account of this shop. An account has an address. The document of a person whom only
 * other systems know holds settings alone.
 */
export function isAccount(user: User | undefined): user is User {
  return user?.email !== undefined;
}

/** Builds the 410 for a request about an erased person. */
export function userErased(): Problem {
  return new Problem({
    status: 410,
    slug: "user-erased",
    detail: "This user was erased permanently.",
  });
}

/**
 * Refuses a person who may not use the shop. A person without an account may. The transaction that
 * stores something about the person makes this check, so a concurrent erasure or ban conflicts.
 * @throws Problem 410 when the person was erased, 403 when a ban was decided here or reported by another system
 */
export async function checkCustomer(userId: string, documents: Pick<Work, "get">): Promise<void> {
  const [user, reported] = await Promise.all([documents.get(users, userId), documents.get(access, userId)]);
  if (user?.erased_at_ms !== undefined) throw userErased();
  if (!user?.banned && !reported?.blocked) return;
  const detail = "This user is banned and may not use the shop.";
  throw new Problem({ status: 403, slug: "user-blocked", detail });
}

/** Returns an account, or the settings of a person without one, as the API answers it. */
export function userView(user: User, marketing_consent: boolean) {
  const { user_id, email, name, time_zone = "UTC", signed_up_at_ms, banned } = user;
  return {
    user_id,
    email,
    name,
    marketing_consent,
    time_zone,
    signed_up_at: timeView(signed_up_at_ms),
    banned: banned && { reason: banned.reason, banned_by: banned.banned_by, at: timeView(banned.at_ms) },
  };
}

/** Formats a time in ISO 8601; undefined stays undefined. */
export function timeView(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}
