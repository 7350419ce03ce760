/**
 * The states of an effect and their moves. A non-repeatable effect happens at most once, or its result is known to
 * be unknown. A repeatable effect whose result was lost is sent once more. Pure, and explored by the model like the states of the ledger.
 * ```
 *   state    meaning                                    may become
 *   planned  due at its time, if still wanted           sending skipped planned unknown parked
 *   sending  one holder has the lease and sends         sent planned unknown parked sending
 *   unknown  a try may or may not have sent             sent (late report) planned skipped (by an operator)
 *   parked   certainly not sent, waits for an operator  planned skipped
 *   sent, skipped                                       final: the record expires
 * ```
 * An expired lease never makes an effect planned again automatically. Only a repeatable effect (a mail with the same
 * Message-ID) gets one more try. If that result is lost too, the effect stays unknown until an operator acts.
 */
export type EffectState = "planned" | "sending" | "sent" | "skipped" | "unknown" | "parked";

export const effectMoves: Readonly<Record<EffectState, readonly EffectState[]>> = {
  planned: ["planned", "sending", "skipped", "unknown", "parked"],
  sending: ["sending", "sent", "planned", "unknown", "parked"],
  unknown: ["sent", "planned", "skipped"],
  parked: ["planned", "skipped"],
  sent: [],
  skipped: [],
};

/** The part of an effect that decides which call may move it. */
export interface EffectStatus {
  state: EffectState;
  /** Number of leases so far. A holder's report names the lease that it held. */
  lease: number;
  lease_until_ms: number;
  /** Number of leases that expired, or whose holder could not tell the result. */
  lost: number;
}

/**
 * Decides what a call may do with an effect, inside the transaction that has read it.
 * @returns `decide` and take the lease; `held` by another call; `give-up` because the result is unknown; `over`
 */
export function admitEffect(
  { state, lost, lease_until_ms }: EffectStatus,
  { nowMs, repeatable }: { nowMs: number; repeatable: boolean },
): "decide" | "held" | "give-up" | "over" {
  if (state === "planned") return "decide";
  if (state !== "sending") return "over";
  if (nowMs < lease_until_ms) return "held";
  return mayRepeat({ lost, repeatable }) ? "decide" : "give-up";
}

/** The result that the holder of a lease reports. */
export type Report = "sent" | "not-sent" | "unclear" | "hopeless";

/**
 * Returns the state after a report.
 * @returns undefined when the report comes too late and changes nothing
 */
export function reported(
  { state, lease, lost }: EffectStatus,
  { heldLease, report, repeatable }: { heldLease: number; report: Report; repeatable: boolean },
): EffectState | undefined {
  const isHolder = lease === heldLease;
  // A late success is still the truth.
  if (state === "unknown") return isHolder && report === "sent" ? "sent" : undefined;
  if (state !== "sending" || !isHolder) return undefined;
  if (report === "sent") return "sent";
  if (report === "hopeless") return withoutMoreTries({ lost });
  if (report === "not-sent") return "planned";
  // An unclear result allows one more try under the same name.
  return mayRepeat({ lost, repeatable }) ? "planned" : "unknown";
}

/** Returns the state of an effect without further tries. `parked` means certainly not sent: no lease may be lost. */
export function withoutMoreTries({ lost }: Pick<EffectStatus, "lost">): "parked" | "unknown" {
  return lost > 0 ? "unknown" : "parked";
}

function mayRepeat({ lost, repeatable }: { lost: number; repeatable: boolean }): boolean {
  return repeatable && lost === 0;
}

/** @throws Error when the table does not hold the move: a bug in the pipeline, and nothing is written */
export function checkEffectMove(from: EffectState, to: EffectState): void {
  if (!effectMoves[from].includes(to))
    throw new Error(`effect move is invalid: expected one of the table, got ${from} to ${to}`);
}
