import type { Sums } from "../../rules/counting/day-sums.ts";
import { fromMinor } from "../../values/money.ts";
import { sumsOf } from "../closing/chunks.ts";
import type { DayClosing } from "../closing/day-closing.ts";
import type { Coverage } from "../closing/day-report-types.ts";
import { CLEARING, MONEY } from "../reconcile/clearing.ts";

/** Reads how much of the day's money is explained, and which clearing pairs are open since when. */
export async function coverageOf(dayClosing: DayClosing): Promise<Coverage> {
  const sums: Sums = new Map();
  for (let shard = 0; shard < dayClosing.shards; shard += 1)
    for (const prefix of [CLEARING, MONEY])
      for (const [key, tally] of await sumsOf(dayClosing, { kind: "subjects", shard }, prefix)) {
        const sum = sums.get(key) ?? {};
        sums.set(key, sum);
        for (const [name, amount] of Object.entries(tally)) sum[name] = (sum[name] ?? 0) + amount;
      }
  const keys = [...sums.keys()].sort();
  return {
    money: keys
      .filter(key => key.startsWith(MONEY))
      .map(key => {
        const { all = 0, explained = 0 } = sums.get(key) ?? {};
        const percent = all === 0 ? 100 : Math.floor((explained / all) * 10_000) / 100;
        return { currency: key.slice(MONEY.length), percent };
      }),
    open: keys
      .filter(key => key.startsWith(CLEARING))
      .map(key => {
        const [pair = "", currency = "", since = ""] = key.slice(CLEARING.length).split("|");
        const { minor = 0, orders = 0 } = sums.get(key) ?? {};
        return { pair, since, orders, currency, amount: fromMinor(minor, currency) };
      }),
  };
}
