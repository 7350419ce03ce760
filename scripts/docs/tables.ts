import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { catalogue } from "../../shared/events/catalogue.ts";
import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { COMMANDS } from "./commands.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Lists every function with its kind and its trigger. */
export function functionTable(declarations: readonly Declaration[]): string {
  const rows = declarations.map(
    declaration => `| \`${declaration.name}\` | ${declaration.kind} | ${triggerOf(declaration)} |`,
  );
  return ["| function | kind | trigger |", "| --- | --- | --- |", ...rows].join("\n");
}

function triggerOf(declaration: Declaration): string {
  switch (declaration.kind) {
    case "http":
      return declaration.routes.map(route => `\`${route}\``).join("<br>");
    case "schedule":
      return `\`${declaration.cron}\` (UTC)`;
    case "consumer":
      return declaration.shares.map(({ topic }) => `\`${topic}\``).join(" ");
    case "reaction": {
      const isAll = declaration.types.length === catalogue.size;
      return isAll ? "every event" : declaration.types.map(type => `\`${type}\``).join(" ");
    }
    default:
      return "Cloud Tasks, at its due time";
  }
}

/** Lists every event type with its meaning, its other names, its topic and its owners. */
export function eventTable(): string {
  const rows = [...catalogue.values()].map(({ type, doc, aliases, topic, owner = [] }) => {
    const names = aliases.map(alias => `\`${alias}\``).join(" ");
    const owners = owner.map(name => `\`${name}\``).join(" ");
    return `| \`${type}\` | ${doc} | ${names} | ${topic.replace("pulsecart.", "")} | ${owners} |`;
  });
  const head = "| event | meaning | also accepted as | topic | owner |";
  return [head, "| --- | --- | --- | --- | --- |", ...rows].join("\n");
}

/** Lists every npm script, a table for each group. */
export function commandTables(): string {
  return Object.entries(COMMANDS)
    .map(([group, commands]) => {
      const rows = Object.entries(commands).map(([name, about]) => `| \`npm run ${name}\` | ${about} |`);
      return [`| ${group} | |`, "| --- | --- |", ...rows].join("\n").replace("npm run start", "npm start");
    })
    .join("\n\n");
}

/**
 * Lists the folders of a folder by the first sentence of their README.
 * @throws Error for a folder without a README
 */
export function folderTable(folder: string): string {
  const rows = readdirSync(join(root, folder), { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }) => `| [\`${name}/\`](${name}/README.md) | ${firstSentence(join(folder, name))} |`);
  return ["| folder | content |", "| --- | --- |", ...rows].join("\n");
}

function firstSentence(folder: string): string {
  const file = join(root, folder, "README.md");
  if (!existsSync(file))
    throw new Error(`${folder} has no README.md: expected one that begins with a sentence.`);
  const [, text = ""] = /^# .*\n+([^#]+)/.exec(readFileSync(file, "utf8")) ?? [];
  return (
    text
      .split(/(?<=\.)\s/)[0]
      ?.replaceAll("\n", " ")
      .trim() ?? ""
  );
}
