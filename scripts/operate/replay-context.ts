import { clock } from "../../shared/clock.ts";
import type { Declaration } from "../../shared/pipeline/declaration.ts";
import type { Act } from "../../shared/pipeline/records/audit.ts";
import { newId } from "../../shared/values/ids.ts";
import { whoAsks } from "./connect.ts";
import type { ReplayFlags } from "./replay-flags.ts";
import type { ToolIo } from "./tool.ts";

/** What a replay needs beside its flags. */
export interface ReplayContext {
  io: ToolIo;
  declarations: readonly Declaration[];
  /** Waits a moment for others to get on. */
  pause(): Promise<void>;
}

export function newAct(flags: Pick<ReplayFlags, "target">): Act {
  const nowMs = clock.now();
  return { id: newId("act", { nowMs }), who: whoAsks(flags.target), nowMs };
}
