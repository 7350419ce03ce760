import * as v from "valibot";
import { products, stock, stockLevels } from "../../shared/collections.ts";
import { timer } from "../../shared/pipeline/timer.ts";
import type { Work } from "../../shared/pipeline/unit-of-work.ts";
import { observeLevel } from "../../shared/rules/stock-level.ts";

const moved = v.object({ product_ids: v.array(v.string()) });

/**
 * Looks at stock after it moved. Moves are blind increments, which nobody waits for; who crossed the threshold
 * is found out here, once for each crossing that can be seen.
 */
export const checkStock = timer("check-stock", moved, async ({ product_ids }, work) => {
  for (const productId of product_ids) await checkProduct(productId, work);
});

async function checkProduct(productId: string, work: Work): Promise<void> {
  const product = await work.get(products, productId);
  const counted = await work.get(stock, productId);
  const before = await work.get(stockLevels, productId);
  if (!product || !counted || !before) return;
  const seen = { quantity: counted.quantity, threshold: product.threshold };
  const { level, alert } = observeLevel(before, seen);
  if (level !== before) work.set(stockLevels, productId, level);
  if (!alert) return;
  work.emit({ event_type: "inventory.low_stock_alert", payload: { product_id: productId, ...alert } });
}
