import { clock } from "../../shared/clock.ts";
import type { ReplayRun } from "../../shared/pipeline/operate/replay/replay-run.ts";
import { noteRun } from "../../shared/pipeline/operate/replay/replay-run.ts";
import type { Act } from "../../shared/pipeline/records/audit.ts";

/** The recorded progress of a rebuild. A stopped or killed rebuild continues from its record. */
export class RebuildState {
  readonly id: string;
  readonly act: Act;
  #run: ReplayRun;

  constructor(id: string, act: Act, run: ReplayRun) {
    this.id = id;
    this.act = act;
    this.#run = run;
  }

  get run(): ReplayRun {
    return this.#run;
  }

  /** Replaces the progress; `save` writes it. */
  set(run: ReplayRun): void {
    this.#run = run;
  }

  /**
   * Writes the progress and renews the lease.
   * @param ends releases the lease: the rebuild is finished, or stopped until the next run
   * @throws HeldByAnother when another operator took the lease over
   */
  async save(ends?: "finished" | "stopped"): Promise<void> {
    await noteRun(this.id, this.act, { run: this.#run, nowMs: clock.now(), ends });
  }

  /** Prepares the next pass over the archive; `save` stores it. New task names let the pass post lost tasks again. */
  startPass(): void {
    const { cursor: _passed, ...run } = this.#run;
    const [act = "", pass = "0"] = run.act.split(" ");
    this.#run = { ...run, act: `${act} ${Number(pass) + 1}` };
  }
}
