import { guestErasures } from "../../collections.ts";
import { archivedEvents } from "../../pipeline/records/archived-event.ts";
import type { EffectRecord } from "../../pipeline/records/effect-record.ts";
import { effects } from "../../pipeline/records/effect-record.ts";
import { ledger } from "../../pipeline/records/ledger.ts";
import type { Work } from "../../pipeline/work.ts";
import type { PersonScope } from "../person-scope.ts";
import type { Search } from "./erase-found.ts";
import { eraseFound } from "./erase-found.ts";
import type { EraseOrdersPage } from "./erase-orders-run.ts";
import { erasedArchived, erasedCommand, erasedEffect, erasedEntry } from "./erased-documents.ts";
import { findOrders } from "./find-orders.ts";

/**
 * Removes the personal data of guests' orders from one page of documents.
 * @returns the next page; undefined when this pass is complete
 */
export async function eraseOrdersPage(at: EraseOrdersPage, work: Work): Promise<EraseOrdersPage | undefined> {
  const next = await STEPS[at.step](at, work);
  if (next) return { ...at, ...next, page: at.page + 1 };
  if (at.source !== "given") await noteSearch(at, work);
  return undefined;
}

type Step = (at: EraseOrdersPage, work: Work) => Promise<Partial<EraseOrdersPage> | undefined>;

const STEPS: Readonly<Record<EraseOrdersPage["step"], Step>> = {
  find: findOrders,
  archive: (at, work) =>
    eraseAbout(at, work, { of: archivedEvents, where: "subject", erased: erasedArchived, next: "ledger" }),
  ledger: (at, work) =>
    eraseAbout(at, work, { of: ledger, where: "cause.subject", erased: erasedEntry, next: "effects" }),
  effects: (at, work) => {
    const erased = (record: EffectRecord, scope: PersonScope) =>
      erasedEffect(record, { ...scope, nowMs: work.nowMs });
    return eraseAbout(at, work, { of: effects, where: "cause.subject", erased, next: "commands" });
  },
  commands: (at, work) =>
    eraseAbout(at, work, { of: ledger, where: "aggregate", erased: erasedCommand, next: "find" }),
};

async function eraseAbout<T extends object>(
  { order_ids: ids, after }: EraseOrdersPage,
  work: Work,
  { next, ...search }: Search<T> & { next: EraseOrdersPage["step"] },
): Promise<Partial<EraseOrdersPage>> {
  const last = await eraseFound({ scope: { kind: "orders", ids }, after }, work, search);
  return last === undefined ? { step: next, after: "" } : { after: last };
}

async function noteSearch({ erasure_id }: EraseOrdersPage, work: Work): Promise<void> {
  const erasure = await work.get(guestErasures, erasure_id);
  if (erasure) work.set(guestErasures, erasure_id, { ...erasure, looked_through_at_ms: work.nowMs });
}
