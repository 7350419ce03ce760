/**
 * How an effect may move: what the world outside sees happens at most once, or is known to be unknown. Pure, and
 * explored by the model like the ledger's states.
 *
 *   state    what it means                                may become
 *   planned  to be done at its time, if still wanted      sending skipped planned unknown parked
 *   sending  somebody holds its lease and is doing it     sent planned unknown parked sending
 *   unknown  whoever held the lease did not come back     sent (that same holder, late) planned skipped (by a person)
 *   parked   certainly not done, waits for a person       planned skipped
 *   sent, skipped                                         final: they expire
 *
 * A lease that ran out is never planned again by itself. Only what may be seen twice (a mail with the same
 * Message-ID) is done once more, and then is unknown for good.
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

/** The part of an effect that decides who may move it. */
export interface EffectStatus {
  state: EffectState;
  /** Counts the leases that were taken; whoever reports back names the one it held. */
  lease: number;
  lease_until_ms: number;
  /** Leases that ran out, or whose holder could not tell what happened. */
  lost: number;
}

/**
 * What a call may do with the effect it found, in the transaction that has read it: decide and take the lease, wait
 * because somebody holds it, record that nobody knows, or nothing, because it is over.
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

/** What the holder of a lease can say when it comes back. */
export type Report = "sent" | "not-sent" | "unclear" | "hopeless";

/** The state a report leads to; undefined when it comes too late and changes nothing. */
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
  // One unclear end may be followed by one more try, under the same name.
  return mayRepeat({ lost, repeatable }) ? "planned" : "unknown";
}

/** Where an effect ends that is not tried again: parked says that nobody saw it, so no try may be unaccounted for. */
export function withoutMoreTries({ lost }: Pick<EffectStatus, "lost">): "parked" | "unknown" {
  return lost > 0 ? "unknown" : "parked";
}

function mayRepeat({ lost, repeatable }: { lost: number; repeatable: boolean }): boolean {
  return repeatable && lost === 0;
}

/** @throws Error when the table does not hold the move: a mistake in the machinery, and nothing is written. */
export function checkEffectMove(from: EffectState, to: EffectState): void {
  if (!effectMoves[from].includes(to)) throw new Error(`An effect cannot become ${to} from ${from}`);
}
