import * as v from "valibot";
import { products, stock, stockLevels } from "../../shared/collections.ts";
import { id } from "../../shared/events/define.ts";
import { timer } from "../../shared/pipeline/timer.ts";
import { observeLevel } from "../../shared/rules/stock/stock-level.ts";

const moved = v.object({ product_ids: v.array(id) });

/**
 * Looks at stock after it moved. Moves are blind increments, which nobody waits for; who crossed the threshold
 * is found out here, once for each crossing that can be seen.
 */
export const checkStock = timer("check-stock", moved, async ({ product_ids: ids }, work) => {
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
