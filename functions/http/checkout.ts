import * as v from "valibot";
import { orders, shipments } from "../../shared/collections.ts";
import { id } from "../../shared/events/define.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../../shared/http/handler.ts";
import { listPage, pageIn } from "../../shared/http/page.ts";
import { idIn, noSuch } from "../../shared/http/path-id.ts";
import { Problem } from "../../shared/http/problem.ts";
import { cancel } from "../../shared/orders/cancel-order.ts";
import { dispatch } from "../../shared/orders/dispatch-order.ts";
import { orderView } from "../../shared/orders/order-view.ts";
import { pay } from "../../shared/orders/pay-order.ts";
import { place } from "../../shared/orders/place-order.ts";
import { refund } from "../../shared/orders/refund-order.ts";
import { command } from "../../shared/pipeline/command.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";
import { shipmentStatus } from "../../shared/rules/order/shipping.ts";

/** Owner of orders: places, cancels, pays, refunds and dispatches them, and announces each decision. */
export const checkout = httpFunction("checkout", {
  "POST /orders": command("checkout", place),
  "GET /orders": listOrders,
  "GET /orders/:id": getOrder,
  "POST /orders/:id/cancel": command("checkout", cancel),
  "POST /orders/:id/payments": command("checkout", pay),
  "POST /orders/:id/refunds": command("checkout", refund),
  "POST /orders/:id/dispatch": command("checkout", dispatch),
});

async function getOrder({ params }: HttpRequest): Promise<HttpAnswer> {
  const orderId = idIn(params, "order");
  const [order, shipment] = await Promise.all([
    readDocument(orders, orderId),
    readDocument(shipments, orderId),
  ]);
  if (!order) throw noSuch("order");
  return {
    status: 200,
    body: { ...orderView(order), shipment: shipment && shipmentStatus(shipment, order.state) },
  };
}

/** Lists a user's orders, the latest first. */
async function listOrders({ query }: HttpRequest): Promise<HttpAnswer> {
  const userId = query.get("user_id");
  if (!v.is(id, userId)) {
    const detail = "Name the user of the orders: GET /orders?user_id=usr_1";
    throw new Problem({ status: 400, slug: "user-missing", detail });
  }
  const list = { where: { user_id: userId }, newestBy: "placed_at_ms", page: pageIn(query) } as const;
  return { status: 200, body: await listPage(orders, { ...list, view: orderView }) };
}
