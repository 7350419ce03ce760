import * as v from "valibot";
import { email, isId } from "../../shared/events/define.ts";
import { flag, flagSwitch, flagValues } from "../cli/flags.ts";
import { UsageError } from "../cli/usage.ts";
import type { TargetFlags } from "./target-flags.ts";
import { targetFlags } from "./target-flags.ts";

const orderId = v.pipe(
  v.string(),
  v.check(sent => isId(sent), "the id of an order"),
);

/** The command line of `npm run erase`. */
export const ERASE = {
  command: "npm run erase",
  about:
    "Erases a guest: one order, or all orders with an address, and waits for the first search.\n" +
    "A user is erased with DELETE /users/:id.",
  flags: {
    order: flag(v.optional(orderId), { value: "ID", about: "the order of a guest" }),
    email: flag(v.optional(email), { value: "ADDRESS", about: "the address that a guest gave with orders" }),
    json: flagSwitch("prints JSON"),
    ...targetFlags,
  },
};

/** The options of `npm run erase`. */
export interface EraseFlags {
  /** The guest, as `POST /erasures` names one. */
  guest: { email: string } | { order_id: string };
  json: boolean;
  target: TargetFlags;
}

/** @throws UsageError for an unknown flag, an unusable value, or both or none of --order and --email */
export function eraseFlags(args: readonly string[]): EraseFlags {
  const { order, email: address, json, words: _words, ...target } = flagValues(ERASE, args);
  if (order !== undefined && address === undefined) return { guest: { order_id: order }, json, target };
  if (order === undefined && address !== undefined) return { guest: { email: address }, json, target };
  throw new UsageError("Guest invalid: expected either --order or --email.");
}
