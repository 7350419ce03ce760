import type { LedgerState } from "../../../shared/pipeline/records/ledger-state.ts";
import { jsonOf } from "./state-key.ts";

/** The size of a command model, and the guards that it lacks. */
export interface CommandSetting {
  name: string;
  requests: number;
  /** Max handlers at one time. */
  handlers: number;
  without: readonly ("the sweep relays" | "a refusal is checked" | "only a committed command is answered")[];
}

export interface CommandWorld {
  requests: readonly CommandRequest[];
  /** The requests with an entry, in commit order. */
  committed: readonly number[];
  handlers: readonly CommandHandler[];
}

export interface CommandRequest {
  entry: LedgerState | null;
  commits: number;
  sent: boolean;
  answer: "none" | "decided" | "refused";
}

export interface CommandHandler {
  request: number;
  todo: readonly CommandPoint[];
  /** Pending entries to relay, the oldest first. */
  unsent: readonly number[];
}

export type CommandPoint =
  | "decide"
  | "read the existing entry"
  | "check the refusal"
  | "find unsent"
  | "send"
  | "mark done"
  | "answer";

/** Returns the state after `markDone` (records/ledger.ts). */
export function markedDone(entry: LedgerState | null): LedgerState | null {
  return entry === "pending" ? "done" : entry;
}

export function withRequest(
  world: CommandWorld,
  index: number,
  change: Partial<CommandRequest>,
): CommandWorld {
  const request = world.requests[index];
  return request ? { ...world, requests: world.requests.with(index, { ...request, ...change }) } : world;
}

export function withHandlers(world: CommandWorld, handlers: readonly CommandHandler[]): CommandWorld {
  return { ...world, handlers: handlers.toSorted((a, b) => (jsonOf(a) < jsonOf(b) ? -1 : 1)) };
}
