import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A file path, the only import in that file, and true when the linter must refuse the import. */
const cases: readonly [file: string, imported: string, refused: boolean][] = [
  ["shared/rules/a.ts", 'import { log } from "../log.ts"; log("INFO", "x");', true],
  ["shared/rules/b.ts", 'import fs from "node:fs"; fs.readFileSync("x");', true],
  ["shared/rules/c.ts", 'import { toMinor } from "../values/money.ts"; toMinor(1, "USD");', false],
  ["shared/rules/cart/c.ts", 'import { toMinor } from "../../values/money.ts"; toMinor(1, "USD");', false],
  ["shared/rules/cart/d.ts", 'import { stockOf } from "../stock/stock.ts"; stockOf();', false],
  ["shared/rules/cart/e.ts", 'import { log } from "../../log.ts"; log("INFO", "x");', true],
  [
    "shared/rules/d.ts",
    'import type { PulseCartEvent } from "../events/envelope.ts"; export type E = PulseCartEvent;',
    false,
  ],
  ["shared/values/a.ts", 'import { MAX_ITEMS } from "../events/limits.ts"; MAX_ITEMS;', true],
  ["shared/values/b.ts", 'import { createHash } from "node:crypto"; createHash("sha1");', false],
  ["functions/reactions/e.ts", 'import { carts } from "./carts.ts"; carts();', true],
  ["functions/reactions/f.ts", 'import { sweep } from "../schedules/sweep.ts"; sweep();', true],
  ["functions/reactions/g.ts", 'import { start } from "../start/start.ts"; start();', true],
  ["functions/reactions/h.ts", 'const client = await import("@google-cloud/firestore"); client();', true],
  ["functions/reactions/i.ts", 'import { carts } from "../../shared/collections.ts"; carts();', false],
  [
    "functions/reactions/j.ts",
    'import { reaction } from "../../shared/pipeline/reaction.ts"; reaction();',
    false,
  ],
  [
    "functions/reactions/k.ts",
    'import { commit } from "../../shared/pipeline/process/commit.ts"; commit();',
    true,
  ],
  [
    "functions/schedules/sweep.ts",
    'import { relay } from "../../shared/pipeline/outbox/relay.ts"; relay();',
    false,
  ],
  ["functions/consumers/l.ts", 'import { adopt } from "./adopt.ts"; adopt();', true],
  [
    "shared/pipeline/j.ts",
    'import type { Timestamp } from "@google-cloud/firestore"; export type T = Timestamp;',
    true,
  ],
  ["shared/pipeline/k.ts", 'const client = require("@google-cloud/firestore"); client();', true],
  ["shared/pipeline/l.ts", 'import { http } from "@google-cloud/functions-framework"; http();', false],
  ["shared/m.ts", 'import { http } from "@google-cloud/functions-framework"; http();', true],
  ["shared/orders/m.ts", 'import { checkout } from "../../functions/http/checkout.ts"; checkout();', true],
  ["shared/events/n.ts", 'import { plan } from "../../scripts/elsewhere/plan.ts"; plan();', true],
  ["shared/google/o.ts", 'import { plan } from "../../scripts/elsewhere/plan.ts"; plan();', true],
  ["shared/google/p.ts", 'import { Firestore } from "@google-cloud/firestore"; Firestore();', false],
  ["scripts/local-cloud/q.ts", 'import { clock } from "../../shared/clock.ts"; clock();', true],
  ["scripts/local-cloud/tasks/r.ts", 'import { plan } from "../../plan/plan.ts"; plan();', true],
  ["scripts/local-cloud/firestore/store/t.ts", 'import { plan } from "../../../plan/plan.ts"; plan();', true],
  [
    "scripts/local-cloud/firestore/store/u.ts",
    'import { notFound } from "../../rpc-error.ts"; notFound();',
    false,
  ],
  ["scripts/local-cloud/tasks/s.ts", 'import { createClock } from "../clock.ts"; createClock();', false],
];

test("refuses exactly the imports against the direction of the folders", () => {
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-imports-"));
  try {
    cpSync(join(root, ".biome.json"), join(folder, ".biome.json"));
    for (const [file, imported] of cases) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), `${imported}\n`);
    }
    const biome = join(root, "node_modules/.bin/biome");
    const { stdout, stderr } = spawnSync(
      biome,
      ["lint", "--vcs-enabled=false", "--max-diagnostics=100", "."],
      {
        cwd: folder,
        encoding: "utf8",
      },
    );
    const refused = new Set(
      [
        ...`${stdout}${stderr}`.matchAll(/(\S+\.ts):\d+:\d+ lint\/style\/no(RestrictedImports|CommonJs)/g),
      ].map(m => m[1]),
    );
    expect([...refused].sort()).toEqual(
      cases
        .filter(([, , isRefused]) => isRefused)
        .map(([file]) => file)
        .sort(),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
