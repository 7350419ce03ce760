import * as v from "valibot";
import type { Product, Rating } from "../../shared/collections.ts";
import {
  products as productDocuments,
  ratings,
  reviews,
  stock,
  stockLevels,
  stockTotals,
} from "../../shared/collections.ts";
import { config } from "../../shared/config.ts";
import { currency, email, money, oneLine, wholeNumber } from "../../shared/events/define.ts";
import { readDocument } from "../../shared/google/firestore.ts";
import { bodyMoney } from "../../shared/http/body-money.ts";
import type { HttpAnswer, HttpRequest } from "../../shared/http/handler.ts";
import { listPage, pageIn } from "../../shared/http/page.ts";
import { idIn, newIdIn, noSuch } from "../../shared/http/path-id.ts";
import { Problem } from "../../shared/http/problem.ts";
import { invalidBody, validBody } from "../../shared/http/valid-body.ts";
import type { Command, Decision } from "../../shared/pipeline/command.ts";
import { command } from "../../shared/pipeline/command.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";
import type { Work } from "../../shared/pipeline/work.ts";
import { decideReview } from "../../shared/reviews/decide-review.ts";
import { moderatorView, publishedReviews } from "../../shared/reviews/review-view.ts";
import { submitReview } from "../../shared/reviews/submit-review.ts";
import { categoriesAfter, categoryNow } from "../../shared/rules/category.ts";
import type { StockLevel } from "../../shared/rules/stock/stock-level.ts";
import { openLevel, watchAgain } from "../../shared/rules/stock/stock-level.ts";
import { armStockCheck, moveStock } from "../../shared/stock/move-stock.ts";
import { receive } from "../../shared/stock/receive-supplier-order.ts";
import { getSupplierOrder, listSupplierOrders } from "../../shared/stock/supplier-order-queries.ts";
import { fromMinor } from "../../shared/values/money.ts";

/** Owner of products, their stock, their reviews and the receipts of supplier orders. */
export const products = httpFunction("products", {
  "PUT /products/:id": command("products", putProduct),
  "GET /products/:id": getProduct,
  "POST /products/:id/stock": command("products", moveStock),
  "POST /products/:id/reviews": command("products", submitReview),
  "GET /products/:id/reviews": listReviews,
  "GET /reviews": listForModerators,
  "POST /reviews/:id/decision": command("products", decideReview),
  "GET /supplier-orders": listSupplierOrders,
  "GET /supplier-orders/:id": getSupplierOrder,
  "POST /supplier-orders/:id/receipt": command("products", receive),
});

const productBody = v.strictObject({
  name: oneLine(200),
  price: money,
  currency: v.optional(currency),
  stock: v.optional(wholeNumber(0, 1_000_000_000)),
  threshold: v.optional(v.nullable(wholeNumber(0, 1_000_000_000)), null),
  category: v.exactOptional(oneLine(100)),
  supplier: v.exactOptional(v.strictObject({ name: oneLine(200), email })),
});

/** Creates a product with its opening stock, or changes its name, price, category and threshold. */
async function putProduct({ params, body, nowMs }: Command, work: Work): Promise<Decision> {
  const productId = newIdIn(params);
  const asked = validBody(productBody, body);
  const [before, level] = await Promise.all([
    work.get(productDocuments, productId),
    work.get(stockLevels, productId),
  ]);
  const product: Product = {
    product_id: productId,
    name: asked.name,
    threshold: asked.threshold,
    opening_stock: before?.opening_stock ?? asked.stock ?? 0,
    ...priceOf(asked),
    categories: categoriesAfter(before?.categories, asked.category, nowMs),
    supplier: asked.supplier,
    owned_by: before?.owned_by ?? "products",
    owned_since_ms: before?.owned_since_ms ?? nowMs,
  };
  if (before && asked.stock !== undefined && asked.stock !== before.opening_stock) {
    throw invalidBody([
      {
        pointer: "/stock",
        expected: `${before.opening_stock}, the opening stock; move stock with POST /products/${productId}/stock`,
        received: String(asked.stock),
      },
    ]);
  }
  work.set(productDocuments, productId, product);
  if (before) watchChanged({ before, product, level }, work);
  else openStock(product, work);
  return {
    status: before ? 200 : 201,
    body: productView(product),
    aggregate: productId,
  };
}

function openStock({ product_id, opening_stock: quantity, threshold }: Product, work: Work): void {
  work.create(stock, product_id, { quantity });
  work.create(stockTotals, product_id, { quantity, entries: 0 });
  work.create(stockLevels, product_id, openLevel({ quantity, threshold }));
}

/**
 * Has the stock checked when a change of the product may ask for an order. A threshold raised above the stock is a
 * crossing. The first supplier of a product that is low gives one more alert, because the earlier one ordered nothing.
 */
function watchChanged(
  { before, product, level }: { before: Product; product: Product; level: StockLevel | undefined },
  work: Work,
): void {
  const isFirstSupplier = !before.supplier && product.supplier !== undefined;
  if (isFirstSupplier && level) work.set(stockLevels, product.product_id, watchAgain(level));
  if (isFirstSupplier || before.threshold !== product.threshold) armStockCheck(product.product_id, work);
}

function priceOf(asked: v.InferOutput<typeof productBody>): Pick<Product, "price_minor" | "currency"> {
  const { currency = config().defaultCurrency, price } = asked;
  return { price_minor: bodyMoney(price, { currency, pointer: "/price" }), currency };
}

async function getProduct({ params }: HttpRequest): Promise<HttpAnswer> {
  const productId = idIn(params, "product");
  const [product, level, rating, published] = await Promise.all([
    readDocument(productDocuments, productId),
    readDocument(stock, productId),
    readDocument(ratings, productId),
    publishedReviews(productId, pageIn(new URLSearchParams())),
  ]);
  if (!product) throw noSuch("product");
  const quantity = level?.quantity ?? 0;
  return {
    status: 200,
    body: {
      ...productView(product),
      stock: Math.max(quantity, 0),
      backordered: Math.max(-quantity, 0),
      rating: ratingView(rating),
      reviews: published,
    },
  };
}

async function listReviews({ params, query }: HttpRequest): Promise<HttpAnswer> {
  const page = pageIn(query);
  return { status: 200, body: await publishedReviews(idIn(params, "product"), page) };
}

const REVIEW_STATES = ["pending", "published", "held", "rejected", "replaced"] as const;

/** Lists the reviews in one state, of all products. Held reviews wait for a moderator's decision. */
async function listForModerators({ query }: HttpRequest): Promise<HttpAnswer> {
  const asked = query.get("state") ?? "held";
  const state = REVIEW_STATES.find(one => one === asked);
  if (!state) {
    const detail = `state must be one of ${REVIEW_STATES.join(", ")}.`;
    throw new Problem({ status: 400, slug: "invalid-state", detail });
  }
  const list = { where: { state }, newestBy: "submitted_at_ms", page: pageIn(query) } as const;
  return { status: 200, body: await listPage(reviews, { ...list, view: moderatorView }) };
}

/** Returns the average rounded to a tenth, because more digits would overstate the reviews; null without reviews. */
function ratingView({ count, sum }: Rating = { count: 0, sum: 0 }) {
  return { average: count === 0 ? null : Math.round((sum / count) * 10) / 10, count };
}

function productView({ product_id, name, price_minor, currency, threshold, categories, supplier }: Product) {
  return {
    product_id,
    name,
    price: fromMinor(price_minor, currency),
    currency,
    category: categoryNow(categories),
    threshold,
    supplier,
  };
}
