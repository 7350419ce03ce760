import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../simulate/shop-state.ts";
import type { Leak } from "./leaks.ts";
import { leaksInCollection, leaksInFiles } from "./leaks.ts";
import type { PersonalValues } from "./personal-values.ts";
import type { Shop } from "./shop.ts";
import { root } from "./shop.ts";

/**
 * Searches all output of a shop for personal values. The output is: logs, stored failure reasons, the operator's list of
 * parked events, and audit records of operator actions.
 */
export async function leaksInShop(shop: Shop, personal: PersonalValues): Promise<Leak[]> {
  const { firestore, close } = await openDatabase(shop.url);
  const search = (name: string, fields?: string[]): Promise<Leak[]> =>
    leaksInCollection(firestore.collection(name), personal, fields);
  await runParked(shop, []);
  const reasons = [...(await search("ledger", ["reason"])), ...(await search("effects", ["reason"]))];
  await runParked(shop, ["drop", "--all", "--reason", "the end of a chaos run"]);
  const records = await search("audit");
  await close();
  return [...leaksInFiles(shop.logs, personal), ...reasons, ...records];
}

/** Runs `npm run parked` with its output in a log file. */
async function runParked({ url, logs }: Shop, args: readonly string[]): Promise<void> {
  const log = join(logs, "parked.log");
  const output = openSync(log, "a");
  const tool = spawn(process.execPath, ["scripts/operate/parked.ts", ...args, "--url", url, "--json"], {
    cwd: root,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  const [code] = await once(tool, "exit");
  if (code !== 0) throw new Error(`npm run parked failed: expected exit code 0, got ${code}: see ${log}`);
}
