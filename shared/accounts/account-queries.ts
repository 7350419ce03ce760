import { access, contacts, recommendations, users } from "../collections.ts";
import { readDocument } from "../google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../http/handler.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { accountIn, shownTime, userView } from "./account.ts";

export async function getUser({ params }: HttpRequest): Promise<HttpAnswer> {
  return { status: 200, body: userView(await accountIn(params, { get: readDocument })) };
}

/**
 * Whether somebody may log in, and which courses they have: also for people that only other systems know. A ban
 * decided here counts from that moment, before the reaction has heard of it.
 */
export async function getAccess({ params }: HttpRequest): Promise<HttpAnswer> {
  const userId = idIn(params, "user");
  const [user, granted, contact] = await Promise.all([
    readDocument(users, userId),
    readDocument(access, userId),
    readDocument(contacts, userId),
  ]);
  if (!user && !granted && !contact) throw noSuch("user");
  const isBlocked = granted?.blocked || user?.banned !== undefined || user?.erased_at_ms !== undefined;
  const courses = (granted?.courses ?? []).map(({ course_id, purchase_id, granted_at_ms }) => ({
    course_id,
    purchase_id,
    granted_at: shownTime(granted_at_ms),
  }));
  return { status: 200, body: { user_id: userId, login: isBlocked ? "blocked" : "allowed", courses } };
}

/** The products the nightly recommends to somebody, best first; nobody has to be known for having none. */
export async function getRecommendations({ params }: HttpRequest): Promise<HttpAnswer> {
  const userId = idIn(params, "user");
  const found = await readDocument(recommendations, userId);
  const { items = [], updated_at_ms } = found ?? {};
  return { status: 200, body: { user_id: userId, items, updated_at: shownTime(updated_at_ms) } };
}
