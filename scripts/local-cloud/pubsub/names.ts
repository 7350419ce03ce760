import { invalidArgument } from "../rpc-error.ts";

/** An id: 3 to 255 characters, a letter first. https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names */
const ID = /^[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/;

/**
 * Splits `projects/P/topics/T` or `projects/P/subscriptions/S` into project and id.
 * @throws RpcError INVALID_ARGUMENT for a name that breaks Google's rules; ids that start with goog are Google's own
 */
export function parseName(
  name: string | undefined,
  kind: "topics" | "subscriptions",
): { project: string; id: string } {
  const [projects, project, collection, id, ...more] = (name ?? "").split("/");
  const fits = projects === "projects" && project && collection === kind && id && more.length === 0;
  if (!fits || !ID.test(id) || /^goog/i.test(id)) {
    throw invalidArgument(
      `Invalid resource name given (name=${name ?? ""}). The name must be projects/{project}/${kind}/{id}. The id ` +
        "has 3 to 255 of the characters A-Z a-z 0-9 - _ . ~ + %, begins with a letter and not with goog.",
    );
  }
  return { project, id };
}

/**
 * Returns the project of `projects/P`, the scope of a list.
 * @throws RpcError INVALID_ARGUMENT for any other name
 */
export function parseProject(name: string | undefined): string {
  const project = /^projects\/([^/]+)$/.exec(name ?? "")?.[1];
  if (!project)
    throw invalidArgument(
      `Invalid resource name given (name=${name ?? ""}). A project is projects/{project}.`,
    );
  return project;
}
