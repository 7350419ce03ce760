import type { User } from "../collections.ts";
import { contacts, orderAddresses, orderErasures, orders, supplierOrders, users } from "../collections.ts";
import type { Collection } from "../google/firestore.ts";
import type { Mail, Person } from "./mail.ts";
import { mailConfig } from "./mail-config.ts";

/** Reads one document, inside or outside a transaction. */
export type ReadDocument = <T>(from: Collection<T>, id: string) => Promise<T | undefined>;

/** `found`: the address is known. `erased`: the person was erased. `unknown`: no address was reported so far. */
export type Recipient =
  | { kind: "found"; email: string; name?: string; user?: User }
  | { kind: "erased" }
  | { kind: "unknown"; user?: User };

/**
 * Looks up the recipient of a mail. The first source that has an address wins: the event, the account, the contact
 * from other systems, the order.
 */
export async function recipientOf(mail: Mail, read: ReadDocument): Promise<Recipient> {
  if (mail.template === "low-stock") return { kind: "found", email: mailConfig().adminEmail };
  if (mail.template !== "supplier-order") return recipientFor(mail.to, read);
  const order = await read(supplierOrders, mail.supplier_order_id);
  return order?.supplier ? { kind: "found", ...order.supplier } : { kind: "unknown" };
}

async function recipientFor({ user_id, order_id, email }: Person, read: ReadDocument): Promise<Recipient> {
  const find = <T>(from: Collection<T>, id: string | undefined) =>
    id === undefined ? undefined : read(from, id);
  const userId = user_id ?? (await find(orders, order_id))?.user_id;
  const user = await find(users, userId);
  if (user?.erased_at_ms !== undefined) return { kind: "erased" };
  // A guest is known by the order alone.
  if (userId === undefined && (await find(orderErasures, order_id))) return { kind: "erased" };
  const contact = await find(contacts, userId);
  const address = email ?? user?.email ?? contact?.email ?? (await find(orderAddresses, order_id))?.email;
  if (address === undefined) return { kind: "unknown", user };
  return { kind: "found", email: address, name: user?.name ?? contact?.name, user };
}
