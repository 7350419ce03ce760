import type { Access, CourseGrant } from "../../shared/collections.ts";
import { access as accessDocuments, purchases } from "../../shared/collections.ts";
import { reaction } from "../../shared/pipeline/reaction.ts";
import { skip } from "../../shared/pipeline/skip.ts";
import type { Work } from "../../shared/pipeline/work.ts";

/** Lets people in, and keeps them out: a banned user's login is blocked, a buyer gets the course. */
export const access = reaction(
  "access",
  {
    "user.banned": async ({ user_id }, work) => {
      const before = await accessOf(user_id, work);
      work.set(accessDocuments, user_id, { ...before, blocked: true });
    },
    "purchase.completed": async ({ user_id: named, received_at, payload }, work) => {
      const { purchase_id } = payload;
      const purchase = await work.get(purchases, purchase_id);
      const userId = named ?? purchase?.user_id;
      const courseId = payload.course_id ?? purchase?.course_id;
      if (userId === undefined) return skip("it names nobody who could be let in");
      if (courseId === undefined) return skip("it names no course");
      const before = await accessOf(userId, work);
      const grant = { course_id: courseId, purchase_id, granted_at_ms: Date.parse(received_at) };
      work.set(accessDocuments, userId, { ...before, courses: withGrant(before.courses, grant) });
      return undefined;
    },
  },
  // A ban is a matter of security: nobody may still come in while other events are handled first.
  { immediate: ["user.banned"] },
);

async function accessOf(userId: string, work: Work): Promise<Access> {
  return (await work.get(accessDocuments, userId)) ?? { user_id: userId, blocked: false, courses: [] };
}

/** Each course once, whoever sold it first: the list is the same in whatever order purchases are heard of. */
function withGrant(courses: readonly CourseGrant[], grant: CourseGrant): CourseGrant[] {
  const same = courses.filter(({ course_id }) => course_id === grant.course_id);
  const [first = grant] = [...same, grant].sort(compare);
  return [...courses.filter(({ course_id }) => course_id !== grant.course_id), first].sort(compare);
}

function compare(a: CourseGrant, b: CourseGrant): number {
  return a.granted_at_ms - b.granted_at_ms || (a.purchase_id < b.purchase_id ? -1 : 1);
}
