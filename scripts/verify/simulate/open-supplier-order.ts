import { setTimeout as delay } from "node:timers/promises";
import { sendUntilKnown } from "./send.ts";
import type { Step } from "./step.ts";

/** Real milliseconds between two looks for an open supplier order. */
const LOOK_AGAIN_MS = 200;

/** Asks for the id of the latest open supplier order of a product; undefined without one in time. */
export async function openOrderOf(
  { product_id, withinMs }: NonNullable<Step["receives"]>,
  shopUrl: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const url = `${shopUrl}/supplier-orders?state=open&product_id=${product_id}`;
  const endMs = performance.now() + withinMs;
  for (;;) {
    const { answer } = await sendUntilKnown({ url, method: "GET", headers: {} }, timeoutMs);
    const id = answer?.items?.[0]?.supplier_order_id;
    if (id !== undefined || performance.now() >= endMs) return id;
    await delay(LOOK_AGAIN_MS);
  }
}
