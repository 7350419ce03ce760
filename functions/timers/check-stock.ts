import * as v from "valibot";
import { products, stock, stockAlerts } from "../../shared/collections.ts";
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
  const alerted = await work.get(stockAlerts, productId);
  if (!product || !counted) return;
  const { threshold, opening_stock: opening } = product;
  const before = alerted ?? {
    low: threshold !== null && opening <= threshold,
    crossings: 0,
  };
  const seen = { quantity: counted.quantity, threshold };
  const { level, alert } = observeLevel({ ...seen, ...before }, seen);
  const { low, crossings } = level;
  if (low === before.low && crossings === before.crossings) return;
  work.set(stockAlerts, productId, { low, crossings });
  if (!alert) return;
  const { current_stock } = alert;
  work.emit({
    event_type: "inventory.low_stock_alert",
    payload: {
      product_id: productId,
      current_stock,
      threshold: alert.threshold,
    },
  });
}
