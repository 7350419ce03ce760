import { clock } from "../../shared/clock.ts";
import type { Declaration } from "../../shared/pipeline/declaration.ts";
import type { Act } from "../../shared/pipeline/records/audit.ts";
import { newId } from "../../shared/values/ids.ts";
import { operatorName } from "./connect.ts";
import type { ReplayFlags } from "./replay-flags.ts";
import type { ToolIo } from "./tool.ts";

/** The surroundings of a replay beside its flags. */
export interface ReplayContext {
  io: ToolIo;
  declarations: readonly Declaration[];
  /** Waits until the posted tasks have had time to run. */
  pause(): Promise<void>;
}

/** Creates the operator's act for the audit records. */
export function newAct(flags: Pick<ReplayFlags, "target">): Act {
  const nowMs = clock.now();
  return { id: newId("act", { nowMs }), who: operatorName(flags.target), nowMs };
}
