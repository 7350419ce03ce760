import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { functionFiles } from "./load-functions.ts";

/** What the functions of this folder declare: it should be the version that is deployed. */
export async function declarations(): Promise<Declaration[]> {
  const modules = await Promise.all(functionFiles().map(file => import(`../../functions/${file}`)));
  return modules.flatMap(module =>
    Object.values<{ declaration?: Declaration }>(module).flatMap(declared => declared.declaration ?? []),
  );
}
