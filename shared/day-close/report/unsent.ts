import { shipments } from "../../collections.ts";
import { firestore } from "../../google/firestore.ts";
import type { ShipmentState } from "../../rules/order/balance.ts";
import { DAY_MS } from "../../values/durations.ts";
import type { DayClosing } from "../closing/day-closing.ts";
import type { UnsentParcels } from "../closing/day-report-types.ts";

/**
 * Time after which a paid parcel is named. A parcel leaves on the working day after its payment. The second day is for
 * a collection that the carrier missed.
 */
const MAX_WAIT_MS = 2 * DAY_MS;
/** Max rows of the list. A report is one document, and an operator reads no longer list. */
const MAX_ROWS = 20;

const REQUESTED: ShipmentState = "requested";

/** Reads the parcels that are paid and not sent, at the first closing of a day. */
export async function readUnsent({ cut_off_ms }: Pick<DayClosing, "cut_off_ms">): Promise<UnsentParcels> {
  const waiting = firestore()
    .collection(shipments.name)
    .where("state", "==", REQUESTED)
    .where("since_ms", "<", cut_off_ms - MAX_WAIT_MS);
  const [counted, { docs }] = await Promise.all([
    waiting.count().get(),
    waiting.orderBy("since_ms").limit(MAX_ROWS).get(),
  ]);
  const oldest = docs.map(one => ({
    order_id: one.id,
    since: new Date(Number(one.get("since_ms"))).toISOString(),
  }));
  return { parcels: counted.data().count, oldest };
}
