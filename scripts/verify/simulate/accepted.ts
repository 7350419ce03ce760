import type { AcceptedOrder } from "./accepted-orders.ts";
import { acceptedOrders } from "./accepted-orders.ts";
import type { Sent } from "./run-day.ts";
import { isAccepted } from "./run-day.ts";
import type { Step } from "./step.ts";
import { isEvent } from "./step.ts";

/** All that the shop accepted, according to its answers. */
export interface Accepted {
  /** Accepted requests at ingest by event id. A repeat or a conflict has the same id. */
  events: Map<string, Sent[]>;
  /** Ids of accepted reports about things that this shop made. */
  foreign: Set<string>;
  /** The accounts that this shop opened, with their addresses. */
  accounts: { id: string; email: string }[];
  /** Event ids with a refused request; an id may also be among the accepted ones. */
  refused: Set<string>;
  commands: Sent[];
  orders: Map<string, AcceptedOrder>;
  /** Units moved by hand, by product. */
  moved: Map<string, number>;
  /** Lost units by product: the negative moves by hand. */
  losses: Map<string, number>;
  receipts: AcceptedReceipt[];
}

/** An accepted receipt of a supplier order. */
export interface AcceptedReceipt {
  /** The id of the supplier order. */
  order: string;
  product: string;
  quantity: number;
  complete: boolean;
}

/** Collects the accepted events, commands, orders, stock moves and receipts of a journal. */
export function acceptedOf(journal: readonly Sent[]): Accepted {
  const events = new Map<string, Sent[]>();
  const refused = new Set<string>();
  const moved = new Map<string, number>();
  const losses = new Map<string, number>();
  const commands = commandsOf(journal);
  for (const sent of journal.filter(({ step }) => isEvent(step))) {
    const id = String(sent.body["event_id"]);
    if (isAccepted(sent)) events.set(id, [...(events.get(id) ?? []), sent]);
    else if (sent.status !== undefined) refused.add(id);
  }
  for (const { path, answer } of commands) {
    if (!path.endsWith("/stock")) continue;
    const { product_id: id, delta } = answer;
    moved.set(id, (moved.get(id) ?? 0) + delta);
    losses.set(id, (losses.get(id) ?? 0) + Math.max(-delta, 0));
  }
  const orders = acceptedOrders(commands, [...events.values()]);
  return {
    events,
    foreign: new Set([...events].flatMap(([id, [first]]) => (first?.step.isForeign ? [id] : []))),
    accounts: commands
      .filter(({ path }) => path === "/users")
      .map(({ answer, body }) => ({ id: answer.user_id, email: String(body["email"]) })),
    refused,
    commands,
    moved,
    losses,
    orders,
    receipts: commands.flatMap(receiptsIn),
  };
}

/** Reads the receipt from the answer to its command: the last one of its supplier order. */
function receiptsIn({ path, answer }: Sent): AcceptedReceipt[] {
  if (!path.endsWith("/receipt")) return [];
  const { quantity, complete } = answer.receipts.at(-1);
  return [{ order: answer.supplier_order_id, product: answer.product_id, quantity, complete }];
}

/**
 * Selects each accepted command once, by its Idempotency-Key. A refusal is not stored, so a repeat of a refused command
 * may be accepted.
 */
function commandsOf(journal: readonly Sent[]): Sent[] {
  const accepted = journal.filter(sent => !isEvent(sent.step) && isAccepted(sent));
  const byKey = Map.groupBy(accepted, ({ step }) => keyOf(step));
  return [...byKey.values()].flatMap(
    same => same.find(({ step }) => step.again === undefined) ?? same[0] ?? [],
  );
}

/** Reads the Idempotency-Key of a command. */
export function keyOf({ again, name }: Step): string {
  return again ?? name;
}
