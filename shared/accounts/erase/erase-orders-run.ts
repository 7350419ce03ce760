import * as v from "valibot";
import { id } from "../../events/define.ts";
import { derivedId } from "../../values/ids.ts";
import { LAST_PASS, lateHour, passDueMs } from "./erase-run.ts";

/** The timer that removes the personal data of guests' orders. */
export const ERASE_ORDERS = "erase-orders";

/**
 * Position of an erasure of orders: the page that the timer handles next. No other state is stored, so an interrupted
 * erasure resumes at its page.
 */
export const eraseOrdersData = v.object({
  erasure_id: id,
  /** Time of the request, in milliseconds. Orders placed later are spared. */
  asked_at_ms: v.number(),
  /** Number of complete passes before this one. */
  pass: v.number(),
  /** Number of pages before this one, in this pass. */
  page: v.number(),
  /** Documents of this page. `find` finds the next orders and redacts them. */
  step: v.picklist(["find", "archive", "ledger", "effects", "commands"]),
  /**
   * Documents that name the orders: addresses and archived events with the address, tombstones of this erasure. `given`:
   * the ids below are all orders.
   */
  source: v.picklist(["addresses", "events", "tombstones", "given"]),
  /** Hash of the address. Only the first pass of an erasure by address has one: later ones find tombstones. */
  email_hash: v.optional(id),
  /** Orders whose events, ledger entries and effects this page looks for. */
  order_ids: v.array(id),
  /** Id of the last document handled in this step; empty at its start. */
  after: v.string(),
  /** Id of the last document of the source; empty at its start. */
  found_after: v.string(),
});

export type EraseOrdersPage = v.InferOutput<typeof eraseOrdersData>;

interface ArmedOrdersPage {
  key: string;
  data: EraseOrdersPage;
  dueMs: number;
}

/** Returns the first page of an erasure that is requested now. */
export function firstOrdersPage(
  erasureId: string,
  { nowMs, email_hash }: { nowMs: number; email_hash?: string },
): ArmedOrdersPage {
  const source = email_hash === undefined ? "tombstones" : "addresses";
  const data = startOf({ erasure_id: erasureId, asked_at_ms: nowMs, pass: 0, source });
  return armedOrdersPage({ ...data, email_hash }, nowMs);
}

/** Returns the first page of the next pass; undefined after the last pass. */
export function nextOrdersPass({
  erasure_id,
  asked_at_ms,
  pass,
}: EraseOrdersPage): ArmedOrdersPage | undefined {
  const next = { asked_at_ms, pass: pass + 1 };
  const dueMs = passDueMs(next);
  if (dueMs === undefined) return undefined;
  return armedOrdersPage(startOf({ erasure_id, ...next, source: "tombstones" }), dueMs);
}

/** Returns one more pass for late events of an erased order; events of the same hour share one pass. */
export function latePassOfOrder(orderId: string, nowMs: number): ArmedOrdersPage {
  const { asked_at_ms, dueMs } = lateHour(nowMs);
  const erasure_id = derivedId("late", orderId, asked_at_ms);
  const data = startOf({ erasure_id, asked_at_ms, pass: LAST_PASS, source: "given" });
  return armedOrdersPage({ ...data, step: "archive", order_ids: [orderId] }, dueMs);
}

function startOf(
  run: Pick<EraseOrdersPage, "erasure_id" | "asked_at_ms" | "pass" | "source">,
): EraseOrdersPage {
  return { ...run, page: 0, step: "find", order_ids: [], after: "", found_after: "" };
}

/** Returns the key, the data and the due time that arm the timer for a page. */
export function armedOrdersPage(data: EraseOrdersPage, dueMs: number): ArmedOrdersPage {
  const { erasure_id, pass, page } = data;
  return { key: `${erasure_id}.${pass}.${page}`, data, dueMs };
}
