import { eraseOrdersPage } from "../../shared/accounts/erase/erase-orders-page.ts";
import {
  armedOrdersPage,
  ERASE_ORDERS,
  eraseOrdersData,
  nextOrdersPass,
} from "../../shared/accounts/erase/erase-orders-run.ts";
import { timer } from "../../shared/pipeline/timer.ts";

/**
 * Removes the personal data of guests' orders, one page of documents per firing. The same unit of work arms the timer
 * for the next page, so an interrupted erasure resumes there.
 */
export const eraseOrders = timer(ERASE_ORDERS, eraseOrdersData, async (page, work) => {
  const next = await eraseOrdersPage(page, work);
  if (next) {
    work.timer(ERASE_ORDERS, armedOrdersPage(next, work.nowMs));
    return;
  }
  const pass = nextOrdersPass(page);
  if (pass) work.timer(ERASE_ORDERS, pass);
});
