import { access, contacts, recommendations, users } from "../collections.ts";
import { readDocument } from "../google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../http/handler.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { accountIn, timeView, userView } from "./account.ts";

export async function getUser({ params }: HttpRequest): Promise<HttpAnswer> {
  return { status: 200, body: userView(await accountIn(params, { get: readDocument })) };
}

/**
 * Returns the login state and the courses of a person, including people that only other systems know. A ban decided
 * here counts at once, before the reaction access has applied it.
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
    granted_at: timeView(granted_at_ms),
  }));
  return { status: 200, body: { user_id: userId, login: isBlocked ? "blocked" : "allowed", courses } };
}

/** Returns the products recommended to a person, best first; an empty list for an unknown id. */
export async function getRecommendations({ params }: HttpRequest): Promise<HttpAnswer> {
  const userId = idIn(params, "user");
  const found = await readDocument(recommendations, userId);
  const { items = [], updated_at_ms } = found ?? {};
  return { status: 200, body: { user_id: userId, items, updated_at: timeView(updated_at_ms) } };
}
