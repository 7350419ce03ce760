import { invalidArgument } from "../rpc-error.ts";

/** 3 to 255 characters, a letter first: https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names */
const ID = /^[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/;

/**
 * The parts of `projects/P/topics/T` or `projects/P/subscriptions/S`. Throws INVALID_ARGUMENT when the name
 * breaks Google's rules; names that start with goog are Google's own.
 */
export function parseName(
  name: string | undefined,
  kind: "topics" | "subscriptions",
): { project: string; id: string } {
  const [projects, project, collection, id, ...more] = (name ?? "").split("/");
  const fits = projects === "projects" && project && collection === kind && id && more.length === 0;
  if (!fits || !ID.test(id) || /^goog/i.test(id)) {
    throw invalidArgument(
      `Invalid resource name given (name=${name ?? ""}). It must be projects/{project}/${kind}/{id}; the id has 3 ` +
        "to 255 of the characters A-Z a-z 0-9 - _ . ~ + %, begins with a letter and not with goog.",
    );
  }
  return { project, id };
}

/** `projects/P`, the scope of a list. Throws INVALID_ARGUMENT for anything else. */
export function parseProject(name: string | undefined): string {
  const project = /^projects\/([^/]+)$/.exec(name ?? "")?.[1];
  if (!project)
    throw invalidArgument(`Invalid resource name given (name=${name ?? ""}). It must be projects/{project}.`);
  return project;
}

/** The last part of a resource name: Google's messages show only this. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
