import * as v from "valibot";
import { supplierOrders } from "../collections.ts";
import { id, wordsOf } from "../events/define.ts";
import { readDocument } from "../google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../http/handler.ts";
import { listPage, pageIn } from "../http/page.ts";
import { idIn, noSuch } from "../http/path-id.ts";
import { Problem } from "../http/problem.ts";
import type { SupplierOrder } from "../rules/stock/supplier-order.ts";
import { supplierOrderView } from "./supplier-order-view.ts";

const STATES = ["open", "received"] as const;

/** Lists supplier orders, the latest first: all, those in one state, those of one product. */
export async function listSupplierOrders({ query }: HttpRequest): Promise<HttpAnswer> {
  const list = { where: filterIn(query), newestBy: "ordered_at_ms", page: pageIn(query) } as const;
  return { status: 200, body: await listPage(supplierOrders, { ...list, view: supplierOrderView }) };
}

export async function getSupplierOrder({ params }: HttpRequest): Promise<HttpAnswer> {
  const order = await readDocument(supplierOrders, idIn(params, "supplier-order"));
  if (!order) throw noSuch("supplier-order");
  return { status: 200, body: supplierOrderView(order) };
}

/** @throws Problem 400 for a state or a product id that no supplier order can have */
function filterIn(query: URLSearchParams): Partial<Pick<SupplierOrder, "state" | "product_id">> {
  const [asked, product_id] = [query.get("state"), query.get("product_id")];
  const state = STATES.find(one => one === asked);
  if (asked !== null && !state) {
    const detail = `state must be one of ${STATES.join(", ")}.`;
    throw new Problem({ status: 400, slug: "invalid-state", detail });
  }
  if (product_id !== null && !v.is(id, product_id)) {
    const detail = `product_id must be ${wordsOf(id)}.`;
    throw new Problem({ status: 400, slug: "invalid-id", detail });
  }
  return { ...(state && { state }), ...(product_id !== null && { product_id }) };
}
