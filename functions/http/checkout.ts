import * as v from "valibot";
import { orders } from "../../shared/collections.ts";
import { id } from "../../shared/events/define.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import type { HttpAnswer, HttpRequest } from "../../shared/http/handler.ts";
import { listPage, pageIn } from "../../shared/http/page.ts";
import { idIn, noSuch } from "../../shared/http/path-id.ts";
import { Problem } from "../../shared/http/problem.ts";
import { cancel } from "../../shared/orders/cancel-order.ts";
import { deliver } from "../../shared/orders/deliver-order.ts";
import { dispatch } from "../../shared/orders/dispatch-order.ts";
import { orderView } from "../../shared/orders/order-view.ts";
import { pay } from "../../shared/orders/pay-order.ts";
import { place } from "../../shared/orders/place-order.ts";
import { refund } from "../../shared/orders/refund-order.ts";
import { command } from "../../shared/pipeline/command.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";

/** Owner of orders: places, cancels, pays, refunds, dispatches and delivers them, and announces each decision. */
export const checkout = httpFunction("checkout", {
  "POST /orders": command("checkout", place),
  "GET /orders": listOrders,
  "GET /orders/:id": getOrder,
  "POST /orders/:id/cancel": command("checkout", cancel),
  "POST /orders/:id/payments": command("checkout", pay),
  "POST /orders/:id/refunds": command("checkout", refund),
  "POST /orders/:id/dispatch": command("checkout", dispatch),
  "POST /orders/:id/delivery": command("checkout", deliver),
});

async function getOrder({ params }: HttpRequest): Promise<HttpAnswer> {
  const order = await readDocument(orders, idIn(params, "order"));
  if (!order) throw noSuch("order");
  return { status: 200, body: orderView(order) };
}

const STATES = ["placed", "paid", "refunded", "cancelled"] as const;

/** Lists orders by user, state or money that is owed back, the latest first. At least one of the three is given. */
async function listOrders({ query }: HttpRequest): Promise<HttpAnswer> {
  const [userId, state, owed] = ["user_id", "state", "owed"].map(name => query.get(name));
  if (userId === null && state === null && owed === null)
    throw invalidList("user-missing", "Name a user, a state or owed=true: GET /orders?user_id=usr_1");
  if (userId !== null && !v.is(id, userId))
    throw invalidList("user-missing", "user_id must be an id: GET /orders?user_id=usr_1");
  if (state !== null && !v.is(v.picklist(STATES), state))
    throw invalidList("invalid-state", `state must be one of ${STATES.join(", ")}.`);
  if (owed !== null && owed !== "true") throw invalidList("invalid-owed", "owed must be true, or left out.");
  const where = {
    ...(userId === null ? {} : { user_id: userId }),
    ...(state === null ? {} : { state }),
    ...(owed === null ? {} : { has_owed_back: true }),
  };
  const list = { where, newestBy: "placed_at_ms", page: pageIn(query) } as const;
  return { status: 200, body: await listPage(orders, { ...list, view: orderView }) };
}

function invalidList(slug: string, detail: string): Problem {
  return new Problem({ status: 400, slug, detail });
}
