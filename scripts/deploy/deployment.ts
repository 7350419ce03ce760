import type { Declaration } from "../../shared/pipeline/declaration.ts";
import type { Indexes } from "../local-cloud/firestore/query/index-definitions.ts";
import type { Plan } from "../plan/plan.ts";
import type { Needs } from "./needs.ts";
import type { Target } from "./target.ts";

/** The facts that every step of a deployment is derived from. */
export interface Deployment {
  target: Target;
  plan: Plan;
  declarations: readonly Declaration[];
  indexes: Indexes;
  needs: ReadonlyMap<string, Needs>;
  /** Returns the folder that is uploaded for a function. */
  sourceOf(functionName: string): string;
  /** Returns a hash of a function's bundle. */
  sourceHash(functionName: string): string;
  nowMs: number;
  /** Returns a value that was read from the project; in a script, `$NAME`. */
  value(name: ValueName): string;
}

/** The name of a value that only the project knows, as a script's variable. */
export type ValueName = "PROJECT_NUMBER" | "CHANNEL" | "SMTP_URL_VERSION" | "UNSUBSCRIBE_SECRET_VERSION";
