/** Who decides about orders in this shop, as the producer of events. */
const OWNERS: readonly string[] = ["checkout", "orders"];

/** Whether an event about an order is the owner's own word rather than a report of another system. */
export function isOwner(producer: string): boolean {
  return OWNERS.includes(producer);
}
