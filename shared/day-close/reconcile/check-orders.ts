import type { Sums } from "../../rules/counting/day-sums.ts";
import { addEntries } from "../../rules/counting/day-sums.ts";
import { expectedSums, expectedUnits } from "../../rules/order/expected-order.ts";
import type { DayClosing } from "../closing/day-closing.ts";
import type { Finding } from "../closing/day-report-types.ts";
import { clearingSums } from "./clearing.ts";
import { conflictFindings } from "./compare-conflicts.ts";
import { moveValues, orderValues, shipmentValues, unitValues } from "./compare-order.ts";
import { worthValues } from "./compare-worth.ts";
import type { OrderEvidence } from "./order-evidence.ts";
import { readOrderEvidence } from "./order-evidence.ts";
import { differences } from "./statements.ts";

export interface CheckedOrders {
  findings: Finding[];
  /** Products of orders whose documents contradict each other about the units that they hold. */
  doubtful: string[];
  /** Sums of clearing pairs and of the explained money. */
  sums: Sums;
}

/**
 * Compares every document of these orders with the others and with the order's events. No difference is repaired,
 * because no document says whether the money and the goods are really there.
 */
export async function checkOrders(
  ids: readonly string[],
  { cut_off_ms }: Pick<DayClosing, "cut_off_ms">,
): Promise<CheckedOrders> {
  const all = await readOrderEvidence(ids, cut_off_ms);
  const checked = all.map(checkReadable);
  const sums: Sums = new Map();
  for (const [index, evidence] of all.entries())
    addEntries(sums, clearingSums(evidence, { agrees: checked[index]?.findings.length === 0 }));
  return {
    findings: checked.flatMap(({ findings }) => findings),
    doubtful: [...new Set(checked.flatMap(({ doubtful }) => doubtful))],
    sums,
  };
}

type CheckedOrder = Omit<CheckedOrders, "sums">;

/** Compares an order. A damaged document that no rule can read is named, and must not stop the closing. */
function checkReadable(evidence: OrderEvidence): CheckedOrder {
  try {
    return checkOrder(evidence);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const about = { kind: "order", about: evidence.id } as const;
    return {
      findings: [{ ...about, expected: "documents that the rules can read", found }],
      doubtful: [...new Set(evidence.entries.map(({ product_id }) => product_id))],
    };
  }
}

function checkOrder(evidence: OrderEvidence): CheckedOrder {
  const { events, balances } = evidence;
  if (events.length === 0 && balances.length === 0) return { findings: unexplained(evidence), doubtful: [] };
  const facts = [...events, ...evidence.claims].flatMap(({ fact }) => fact ?? []);
  const expected = {
    sums: expectedSums(evidence.id, facts),
    held: expectedUnits(facts, new Set(evidence.move.data?.not_stocked)),
  };
  const units = differences(unitValues(evidence, expected)).slice(0, 1);
  const findings = [
    ...differences([
      ...orderValues(evidence, expected),
      ...shipmentValues(evidence),
      ...moveValues(evidence),
      ...worthValues(evidence),
    ]),
    ...units,
    ...conflictFindings(evidence),
    ...missingRevisions(evidence),
  ];
  return { findings, doubtful: units.length > 0 ? productsOf(evidence) : [] };
}

function productsOf({ events, entries, order, move }: OrderEvidence): string[] {
  const named = [
    ...entries.map(({ product_id }) => product_id),
    ...events.flatMap(({ placed }) => placed?.items ?? []).map(({ product_id }) => product_id),
    ...(order.data?.items ?? []).map(({ product_id }) => product_id),
    ...(move.data?.held ?? []).map(({ product_id }) => product_id),
  ];
  return [...new Set(named)];
}

/** Names the documents of an order that no event mentions: a copy, or an order whose events are lost. */
function unexplained({ id, order, shipment, move, contactOrder, segmentOrder }: OrderEvidence): Finding[] {
  const documents = Object.entries({
    orders: order,
    shipments: shipment,
    stock_moves: move,
    contact_orders: contactOrder,
    segment_orders: segmentOrder,
  }).filter(([, { data, isLater }]) => data !== undefined && !isLater);
  if (documents.length === 0) return [];
  const found = documents.map(([name]) => name).join(", ");
  return [{ kind: "order", about: id, expected: "no document without an event", found }];
}

/** Names the changes of an order's balance that are not archived below its highest revision. */
function missingRevisions({ id, balances }: OrderEvidence): Finding[] {
  const known = new Set(balances.map(({ fact }) => fact.revision));
  const highest = balances.at(-1)?.fact.revision ?? 0;
  const missing = Array.from({ length: Math.min(highest, MAX_REVISIONS) }, (_, index) => index + 1).filter(
    revision => !known.has(revision),
  );
  if (missing.length === 0) return [];
  return [
    {
      kind: "order",
      about: `${id}: revision ${missing.join(", ")}`,
      expected: "an archived order.balance_changed of each revision",
      found: "none",
    },
  ];
}

/** Max revisions looked for. An order has some ten; a damaged number must not fill the memory. */
const MAX_REVISIONS = 1_000;
