/** The functions that decide about orders of this shop, as producers of events. */
const OWNERS: readonly string[] = ["checkout", "orders"];

/** Tells whether an owner of orders announced the event; any other producer only reports. */
export function isOwner(producer: string): boolean {
  return OWNERS.includes(producer);
}
