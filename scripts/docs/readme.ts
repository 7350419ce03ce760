import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { catalogue } from "../../shared/events/catalogue.ts";
import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { functionFiles } from "../plan/load-functions.ts";
import { withGenerated } from "./generated-parts.ts";

const file = fileURLToPath(new URL("../../README.md", import.meta.url));

/** Functions read their configuration when they are loaded; what they declare does not depend on it. */
Object.assign(process.env, { GCP_PROJECT_ID: "demo-readme", CALLER_AUTH: "iam" });

const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const before = readFileSync(file, "utf8");
const after = withGenerated(before, { functions: functionTable(await declarations()), events: eventTable() });
if (!values.check) writeFileSync(file, after);
else if (after !== before) {
  console.error("README.md does not show what the code declares: run `npm run docs`.");
  process.exitCode = 1;
}

async function declarations(): Promise<Declaration[]> {
  const modules = await Promise.all(functionFiles().map(path => import(`../../functions/${path}`)));
  return modules.flatMap(module =>
    Object.values<{ declaration?: Declaration }>(module).flatMap(f => f.declaration ?? []),
  );
}

function functionTable(all: readonly Declaration[]): string {
  const rows = all.map(
    declaration => `| \`${declaration.name}\` | ${declaration.kind} | ${triggerOf(declaration)} |`,
  );
  return ["| function | kind | runs on |", "| --- | --- | --- |", ...rows].join("\n");
}

function triggerOf(declaration: Declaration): string {
  if (declaration.kind === "http") return declaration.routes.map(route => `\`${route}\``).join("<br>");
  if (declaration.kind === "schedule") return `\`${declaration.cron}\` (UTC)`;
  if (declaration.kind === "timer") return "its time";
  if (declaration.kind === "consumer") return declaration.shares.map(({ topic }) => `\`${topic}\``).join(" ");
  const isAll = declaration.types.length === catalogue.size;
  return isAll ? "every event" : declaration.types.map(type => `\`${type}\``).join(" ");
}

function eventTable(): string {
  const rows = [...catalogue.values()].map(({ type, doc, aliases, topic }) => {
    const names = aliases.map(alias => `\`${alias}\``).join(" ");
    return `| \`${type}\` | ${doc} | ${names} | ${topic.replace("pulsecart.", "")} |`;
  });
  return [
    "| event | what has happened | also accepted as | topic |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}
