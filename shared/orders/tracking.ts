import type { Tracking } from "../rules/order/parcel.ts";
import { webAddress } from "../values/web-address.ts";

/**
 * Returns the tracking that an event or a command names. Absent fields stay absent, because Firestore stores no undefined
 * value. A tracking_url that is no http or https address is left out: readers open the address.
 */
export function trackingOf({ carrier, tracking_number, tracking_url }: Tracking): Tracking {
  const url = tracking_url === undefined ? undefined : webAddress(tracking_url);
  return {
    ...(carrier === undefined ? {} : { carrier }),
    ...(tracking_number === undefined ? {} : { tracking_number }),
    ...(url === undefined ? {} : { tracking_url: url }),
  };
}
