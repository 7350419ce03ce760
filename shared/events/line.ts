import * as v from "valibot";
import { fields, id, money, quantity, text } from "./define.ts";

/** Schema of one line of a cart or an order. */
export const line = fields({
  product_id: id,
  product_name: v.optional(text(500)),
  quantity,
  unit_price: v.optional(money),
});
