import type { User } from "../collections.ts";
import { contacts, orderAddresses, orders, supplierOrders, users } from "../collections.ts";
import type { Collection } from "../google/firestore.ts";
import type { Mail, Person } from "./mail.ts";
import { mailConfig } from "./mail-config.ts";

/** Reads one document, in a transaction or outside. */
export type Read = <T>(from: Collection<T>, id: string) => Promise<T | undefined>;

export type Found =
  | { kind: "found"; email: string; name?: string; user?: User }
  | { kind: "erased" }
  /** Nobody has told us yet. */
  | { kind: "unknown"; user?: User };

/**
 * Whom a mail goes to, as it is known now: what the event said, then the account, then what other systems told, then
 * the address that an order named.
 */
export async function recipientOf(mail: Mail, read: Read): Promise<Found> {
  if (mail.template === "low-stock") return { kind: "found", email: mailConfig().adminEmail };
  if (mail.template !== "supplier-order") return personOf(mail.to, read);
  const order = await read(supplierOrders, mail.supplier_order_id);
  return order ? { kind: "found", ...order.supplier } : { kind: "unknown" };
}

async function personOf({ user_id, order_id, email }: Person, read: Read): Promise<Found> {
  const of = <T>(from: Collection<T>, id: string | undefined) =>
    id === undefined ? undefined : read(from, id);
  const userId = user_id ?? (await of(orders, order_id))?.user_id;
  const user = await of(users, userId);
  if (user?.erased_at_ms !== undefined) return { kind: "erased" };
  const contact = await of(contacts, userId);
  const address = email ?? user?.email ?? contact?.email ?? (await of(orderAddresses, order_id))?.email;
  const name = user?.name ?? contact?.name;
  if (address === undefined) return { kind: "unknown", ...(user && { user }) };
  return {
    kind: "found",
    email: address,
    ...(name !== undefined && { name }),
    ...(user && { user }),
  };
}
