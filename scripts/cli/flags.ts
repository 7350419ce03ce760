import { parseArgs } from "node:util";
import * as v from "valibot";
import { UsageError } from "./usage.ts";

/** One flag of a command. */
export interface Flag<Value = unknown> {
  /** Reads the text of the flag; its message says what is expected. A switch has none. */
  schema?: v.GenericSchema<string | undefined, Value>;
  /** The placeholder of its value in the help: `N` in `--events N`. */
  value?: string;
  /** One line for the help. */
  about: string;
  /** True: the flag stands for no value. */
  isSwitch?: boolean;
}

/** A command line as one declaration: help, parsing and errors follow from it. */
export interface CommandLine<Flags extends Record<string, Flag>> {
  /** The command as the user types it: `npm run cost`. */
  command: string;
  /** What the command does, in one or several lines. */
  about: string;
  /** By name without dashes: `events-per-day`. */
  flags: Flags;
  /** What stands before the flags: `show ID`. Absent: the command takes no words. */
  words?: string;
}

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** The values by the flags' names in camel case; `words` holds what is no flag. */
export type FlagValues<Flags extends Record<string, Flag>> = {
  [Name in keyof Flags & string as CamelCase<Name>]: Flags[Name] extends Flag<infer Value> ? Value : never;
} & { words: readonly string[] };

/** Declares a flag with a value. */
export function flag<Value>(
  schema: v.GenericSchema<string | undefined, Value>,
  { value, about }: { value: string; about: string },
): Flag<Value> {
  return { schema, value, about };
}

/** Declares a flag that is either given or not. */
export function flagSwitch(about: string): Flag<boolean> {
  return { about, isSwitch: true };
}

/**
 * Reads a command line.
 * @returns the values; undefined when `--help` is among the arguments
 * @throws UsageError `--NAME invalid: expected X, got Y` for an unknown flag or an unusable value
 * @example
 * const line = {
 *   command: "npm run cost",
 *   about: "Says what PulseCart costs on Google Cloud.",
 *   flags: { "events-per-day": flag(wholeNumber({ least: 1, most: 1000 }), { value: "N", about: "events of a day" }) },
 * };
 * const flags = readFlags(line, process.argv.slice(2));
 * if (flags === undefined) console.log(helpOf(line));
 */
export function readFlags<Flags extends Record<string, Flag>>(
  line: CommandLine<Flags>,
  args: readonly string[],
): FlagValues<Flags> | undefined {
  if (args.includes("--help")) return undefined;
  const { values, positionals } = parsed(line, args);
  const read = Object.entries(line.flags).map(([name, declared]) => [
    camelCase(name),
    readValue(name, declared, values[name]),
  ]);
  return { ...Object.fromEntries(read), words: positionals };
}

/** Returns the help: usage, purpose, one line for each flag. */
export function helpOf({ command, about, flags, words }: CommandLine<Record<string, Flag>>): string {
  const rows = Object.entries(flags).map(([name, { value, about: text }]) => [
    `--${name}${value === undefined ? "" : ` ${value}`}`,
    text,
  ]);
  const width = Math.max(...rows.map(([left = ""]) => left.length), "--help".length) + 2;
  const lines = [...rows, ["--help", "this text"]].map(
    ([left = "", text]) => `  ${left.padEnd(width)}${text}`,
  );
  return [`${command} [--${words === undefined ? "" : ` ${words}`} FLAGS]`, "", about, "", ...lines].join(
    "\n",
  );
}

function parsed(line: CommandLine<Record<string, Flag>>, args: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(line.flags).map(([name, { isSwitch }]) => [
      name,
      { type: isSwitch ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options, allowPositionals: line.words !== undefined });
  } catch (error) {
    const known = Object.keys(line.flags).map(name => `--${name}`);
    const [reason] = (error instanceof Error ? error.message : String(error)).split(". ");
    throw new UsageError(`${reason}: expected ${known.join(", ")} or --help.`);
  }
}

function readValue(name: string, { schema, isSwitch }: Flag, text: string | boolean | undefined): unknown {
  if (isSwitch || !schema) return text === true;
  const result = v.safeParse(schema, text);
  if (result.success) return result.output;
  const problem = text === undefined ? "missing" : "invalid";
  const got = text === undefined ? "" : `, got "${text}"`;
  throw new UsageError(`--${name} ${problem}: expected ${result.issues[0].message}${got}.`);
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());
}
