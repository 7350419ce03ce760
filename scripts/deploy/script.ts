import type { Command, Input, Resource, Stage, Variable } from "./resource.ts";

/** The whole deployment as a shell script, as if nothing were there yet: to be read, kept or run. */
export function scriptOf(stages: readonly Stage[], about: string, only?: string): string {
  const isAsked = ({ functionName }: Resource) => only === undefined || functionName === only;
  const parts = stages
    .map(stage => ({ ...stage, resources: stage.resources().filter(isAsked) }))
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
# For a project in which nothing of it exists yet. \`npm run deploy\` does the same, and leaves what is there already.
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
  if ("env" in input) return `printf %s "\${${input.env}:?give it in the environment}" | \\\n  ${command}`;
  if ("random" in input) return `openssl rand -hex 32 | tr -d '\\n' | \\\n  ${command}`;
  const text = input.text.trimEnd();
  if (!VARIABLE.test(text)) return `${command} <<'JSON'\n${text}\nJSON`;
  // What looks up variables in a text would run what is between backticks, too.
  return `${command} <<JSON\n${text.replace(/[\\`]/g, "\\$&")}\nJSON`;
}

/** What a stage looks up; nothing else in a command begins with a dollar sign and a capital. */
const VARIABLE = /\$[A-Z]/;

function quoted(arg: string): string {
  if (/^[\w@%+=:,./-]+$/.test(arg)) return arg;
  if (VARIABLE.test(arg)) return `"${arg.replace(/["\\`]/g, "\\$&")}"`;
  return `'${arg.replaceAll("'", `'\\''`)}'`;
}
