import type { Access, CourseGrant } from "../../shared/collections.ts";
import { access as accessDocuments } from "../../shared/collections.ts";
import type { PulseCartEvent } from "../../shared/events/envelope.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import type { Skip } from "../../shared/pipeline/skip.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";

/** Decides who may log in: blocks the login of a banned user, grants a buyer the course. */
export const access = reaction(
  "access",
  {
    "user.banned": async ({ user_id }, work) => {
      const before = await accessOf(user_id, work);
      work.set(accessDocuments, user_id, { ...before, blocked: true });
    },
    "purchase.completed": grantCourse,
  },
  // A ban is a security matter: a backlog of other events must not delay it.
  { immediate: ["user.banned"] },
);

/** Grants the course of a purchase. */
async function grantCourse(event: PulseCartEvent<"purchase.completed">, work: Work): Promise<Skip | void> {
  const { user_id: userId, received_at } = event;
  const { purchase_id, course_id: courseId } = event.payload;
  if (userId === undefined) return skip("the purchase has no user_id");
  if (courseId === undefined) return skip("the purchase has no course_id");
  const before = await accessOf(userId, work);
  const grant = { course_id: courseId, purchase_id, granted_at_ms: Date.parse(received_at) };
  work.set(accessDocuments, userId, { ...before, courses: withGrant(before.courses, grant) });
}

async function accessOf(userId: string, work: Work): Promise<Access> {
  return (await work.get(accessDocuments, userId)) ?? { user_id: userId, blocked: false, courses: [] };
}

/** Adds a grant and keeps the earliest grant of each course. The list does not depend on the order of arrival. */
function withGrant(courses: readonly CourseGrant[], grant: CourseGrant): CourseGrant[] {
  const same = courses.filter(({ course_id }) => course_id === grant.course_id);
  const [first = grant] = [...same, grant].sort(compareGrants);
  return [...courses.filter(({ course_id }) => course_id !== grant.course_id), first].sort(compareGrants);
}

function compareGrants(a: CourseGrant, b: CourseGrant): number {
  return a.granted_at_ms - b.granted_at_ms || (a.purchase_id < b.purchase_id ? -1 : 1);
}
