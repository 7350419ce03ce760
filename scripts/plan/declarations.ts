import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { functionFiles } from "./load-functions.ts";

/** Loads the declarations of all functions in this checkout. A tool must run from the deployed version's checkout. */
export async function declarations(): Promise<Declaration[]> {
  const modules = await Promise.all(functionFiles().map(file => import(`../../functions/${file}`)));
  return modules.flatMap(module =>
    Object.values<{ declaration?: Declaration }>(module).flatMap(declared => declared.declaration ?? []),
  );
}
