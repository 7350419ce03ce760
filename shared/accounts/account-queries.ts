import { access, consents, contacts, recommendations, users } from "../collections.ts";
import { readDocument } from "../google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../http/handler.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { timeView, userView } from "./account.ts";
import { personIn } from "./person.ts";

/** Returns an account, or the settings of a person whom only other systems know. */
export async function getUser({ params }: HttpRequest): Promise<HttpAnswer> {
  const user = await personIn(params, { get: readDocument });
  const consent = await readDocument(consents, user.user_id);
  return { status: 200, body: userView(user, consent?.marketing_consent ?? false) };
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
