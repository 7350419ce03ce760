import { collection } from "./google/firestore.ts";
import type { Cart } from "./rules/cart.ts";
import type { SessionMemory, ShopperMemory } from "./rules/cart-memory.ts";
import type { OrderLine, OrderState } from "./rules/order.ts";
import type { StockMove } from "./rules/stock.ts";
import type { StockLevel } from "./rules/stock-level.ts";

/** The shop's documents, by collection. The machinery's own (`ledger`, `events`) are in `pipeline`. */

export interface Product {
  product_id: string;
  name: string;
  price_minor: number;
  currency: string;
  /** At this stock or below it is low. Null: nobody wants to be told. */
  threshold: number | null;
  opening_stock: number;
}

/** Apart from its product, because it is written by every order, without being read. */
export interface Stock {
  quantity: number;
}

export interface Order {
  order_id: string;
  user_id: string;
  state: OrderState;
  items: OrderLine[];
  total_minor: number;
  currency: string;
  cart_id?: string;
  session_id?: string;
  placed_at_ms: number;
  cancel_reason?: string;
}

export const products = collection<Product>("products");
export const stock = collection<Stock>("stock");
export const stockLevels = collection<StockLevel>("stock_levels");
export const stockMoves = collection<StockMove>("stock_moves");
export const orders = collection<Order>("orders");
export const carts = collection<Cart>("carts");
export const sessions = collection<SessionMemory>("sessions");
export const shoppers = collection<ShopperMemory>("shoppers");
