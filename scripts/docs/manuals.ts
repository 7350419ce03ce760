import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { flagSwitch, helpOf, readFlags } from "../cli/flags.ts";
import { declarations } from "../plan/declarations.ts";
import { architecturePicture } from "./architecture-picture.ts";
import { withGenerated } from "./generated-parts.ts";
import { commandTables, eventTable, folderTable, functionTable } from "./tables.ts";

const line = {
  command: "npm run docs",
  about: "Writes the generated parts of the manuals and the picture of the architecture.",
  flags: { check: flagSwitch("compares only; exit code 1 when a file is stale") },
};

/** Functions read their configuration when they are loaded; what they declare does not depend on it. */
Object.assign(process.env, { GCP_PROJECT_ID: "demo-docs", CALLER_AUTH: "iam" });

const flags = readFlags(line, process.argv.slice(2));
if (flags === undefined) console.log(helpOf(line));
else {
  for (const [file, made] of contents(await declarations())) {
    const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
    if (!flags.check) writeFileSync(path, made);
    else if (readFileSync(path, "utf8") !== made) {
      console.error(`${file} is stale: run \`npm run docs\`.`);
      process.exitCode = 1;
    }
  }
}

/** Returns each file that is generated in whole or in part, with the content it should have. */
function contents(declared: readonly Declaration[]): [file: string, content: string][] {
  const parts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "functions/README.md": { functions: functionTable(declared) },
    "shared/README.md": { folders: folderTable("shared") },
    "shared/events/README.md": { events: eventTable() },
    "scripts/README.md": { folders: folderTable("scripts"), commands: commandTables() },
  };
  return [
    ...Object.entries(parts).map(([file, generated]): [string, string] => {
      const before = readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), "utf8");
      return [file, withGenerated(before, generated)];
    }),
    ["scripts/docs/architecture.svg", architecturePicture(declared)],
  ];
}
