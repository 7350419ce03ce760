import type { Declaration } from "../../shared/pipeline/declaration.ts";
import type { Indexes } from "../local-cloud/firestore/index-definitions.ts";
import type { Plan } from "../plan/plan.ts";
import type { Needs } from "./needs.ts";
import type { Target } from "./target.ts";

/** Everything the steps of a deployment are derived from. */
export interface Deployment {
  target: Target;
  plan: Plan;
  declarations: readonly Declaration[];
  indexes: Indexes;
  needs: ReadonlyMap<string, Needs>;
  /** The folder that is uploaded for a function. */
  sourceOf(functionName: string): string;
  /** What tells one build of a function from another. */
  sourceHash(functionName: string): string;
  nowMs: number;
  /** What was looked up in the project under this name; in a script, `$NAME`. */
  value(name: ValueName): string;
}

/** What only the project knows, as a script calls it. */
export type ValueName = "PROJECT_NUMBER" | "CHANNEL" | "SMTP_URL_VERSION" | "UNSUBSCRIBE_SECRET_VERSION";
