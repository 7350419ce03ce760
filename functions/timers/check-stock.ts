import * as v from "valibot";
import { products, stock, stockLevels } from "../../shared/collections.ts";
import { id } from "../../shared/events/define.ts";
import { timer } from "../../shared/pipeline/timer.ts";
import { observeLevel } from "../../shared/rules/stock/stock-level.ts";

const timerData = v.object({ product_ids: v.array(id) });

/**
 * Compares the stock of moved products with their thresholds and announces each crossing that this timer observes.
 * Stock moves are blind increments, which do not read the stock, so the comparison happens here.
 */
export const checkStock = timer("check-stock", timerData, async ({ product_ids: ids }, work) => {
  const [known, counted, levels] = await Promise.all([
    work.getAll(products, ids),
    work.getAll(stock, ids),
    work.getAll(stockLevels, ids),
  ]);
  ids.forEach((productId, index) => {
    const [product, count, before] = [known[index], counted[index], levels[index]];
    if (!product || !count || !before) return;
    const { level, alert } = observeLevel(before, { quantity: count.quantity, threshold: product.threshold });
    if (level !== before) work.set(stockLevels, productId, level);
    if (!alert) return;
    work.emit({ event_type: "inventory.low_stock_alert", payload: { product_id: productId, ...alert } });
  });
});
