import * as v from "valibot";
import { wholeNumber } from "../../cli/flag-values.ts";
import { flag } from "../../cli/flags.ts";
import { runCommand } from "../../cli/run-command.ts";
import type { Damage } from "./damage.ts";
import type { SeedResult } from "./run-seeds.ts";
import { openDamagedShop, runSeeds } from "./run-seeds.ts";

const MAX_SEEDS = 100_000;

const VERIFY = {
  command: "npm run verify:day-close",
  about: `Damages the documents of a shop's day at random and closes the day. Every difference must be named or repaired.
No right value may change, and no innocent order or cart may be named. Exit code 1: at least one fault.`,
  flags: {
    seed: flag(v.optional(wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER - MAX_SEEDS }), "1"), {
      value: "N",
      about: "seed of the first damaged day; the next days have the next seeds (default 1)",
    }),
    seeds: flag(v.optional(wholeNumber({ least: 1, most: MAX_SEEDS }), "200"), {
      value: "N",
      about: "number of damaged days (default 200)",
    }),
  },
};

await runCommand({ line: VERIFY, run: verify });

async function verify({ seed, seeds }: { seed: number; seeds: number }): Promise<number> {
  const shop = await openDamagedShop();
  const totals = { days: 0, faulty: 0, damages: 0, findings: 0, repairs: 0 };
  await runSeeds(shop, { seed, seeds }, result => {
    const { damages, report, faults } = result;
    totals.days += 1;
    totals.damages += damages.length;
    totals.findings += report.findings.length;
    totals.repairs += report.repairs.length;
    if (faults.length === 0) return;
    totals.faulty += 1;
    console.log(faultText(result));
  });
  await shop.world.close();
  const { days, faulty, damages, findings, repairs } = totals;
  console.log(
    `${days} damaged days from seed ${seed}: ${faulty} with a fault. ${damages} damages, ${findings} findings, ${repairs} repairs.`,
  );
  return faulty === 0 ? 0 : 1;
}

function faultText({ seed, damages, report, faults }: SeedResult): string {
  const planted = damages.map(damageText);
  const found = report.findings.map(one => JSON.stringify(one));
  const repaired = report.repairs.map(({ target, before, after }) => `${target}: ${before} became ${after}`);
  return [`FAULT seed ${seed}: ${faults.join("; ")}`, ...planted, ...found, ...repaired].join("\n    ");
}

function damageText({ way, path, before, after }: Damage): string {
  const changes = Object.keys(before ?? {}).filter(
    name => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]),
  );
  const texts =
    way === "change"
      ? changes.map(name => `${name} ${JSON.stringify(before?.[name])} to ${JSON.stringify(after?.[name])}`)
      : [];
  return `planted: ${way} of ${path} ${texts.join(", ")}`;
}
