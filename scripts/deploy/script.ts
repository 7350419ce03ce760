import type { Command, Input, Resource, Stage, Variable } from "./resource.ts";

/** Returns the whole deployment as a shell script for an empty project: to read, keep or run. */
export function scriptOf(stages: readonly Stage[], about: string, only?: string): string {
  const isWanted = ({ functionName }: Resource) => only === undefined || functionName === only;
  const parts = stages
    .map(stage => ({ ...stage, resources: stage.resources().filter(isWanted) }))
    .filter(({ resources }) => resources.length > 0)
    .flatMap(({ title, variables = [], resources }) => [
      `# ${"=".repeat(10)} ${title}`,
      ...variables.map(variable),
      ...resources.map(step),
    ]);
  return `${[head(about), ...parts].join("\n\n")}\n`;
}

function head(about: string): string {
  return `#!/usr/bin/env bash
# ${about}
# For a project without any resource of this PulseCart. \`npm run deploy\` does the same and leaves existing resources alone.
set -euo pipefail`;
}

function variable({ name, why, args }: Variable): string {
  return `# ${why}\n${name}=$(gcloud ${args.map(quoted).join(" ")})`;
}

function step({ why, create }: Resource): string {
  return `# ${why}\n${create.map(shell).join("\n")}`;
}

function shell({ program, args, input }: Command): string {
  const command = `${program ?? "gcloud"} ${args.map(quoted).join(" ")}`;
  return input ? withInput(command, input) : command;
}

function withInput(command: string, input: Input): string {
  if ("env" in input) return `printf %s "\${${input.env}:?set it in the environment}" | \\\n  ${command}`;
  if ("random" in input) return `openssl rand -hex 32 | tr -d '\\n' | \\\n  ${command}`;
  const text = input.text.trimEnd();
  if (!VARIABLE.test(text)) return `${command} <<'JSON'\n${text}\nJSON`;
  // A shell that replaces variables in a text would run text between backticks, too.
  return `${command} <<JSON\n${text.replace(/[\\`]/g, "\\$&")}\nJSON`;
}

/** A variable of a stage. Nothing else in a command begins with a dollar sign and a capital. */
const VARIABLE = /\$[A-Z]/;

function quoted(arg: string): string {
  if (/^[\w@%+=:,./-]+$/.test(arg)) return arg;
  if (VARIABLE.test(arg)) return `"${arg.replace(/["\\`]/g, "\\$&")}"`;
  return `'${arg.replaceAll("'", `'\\''`)}'`;
}
