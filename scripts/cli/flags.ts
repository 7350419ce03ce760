import { parseArgs } from "node:util";
import * as v from "valibot";
import { UsageError } from "./usage.ts";

/** One flag of a command. */
export interface Flag<Value = unknown> {
  /** Reads the text of the flag; its message says what is expected. Absent: the flag is a switch. */
  schema?: v.GenericSchema<string | undefined, Value>;
  /** The placeholder of its value in the help: `N` in `--events N`. */
  value?: string;
  /** One line for the help. */
  about: string;
  /** The form of the flag. Absent: given once, with a value. */
  kind?: "list" | "switch" | "switch that is on";
}

/** A command line as one declaration: help, parsing and errors follow from it. */
export interface CommandLine<Flags extends Record<string, Flag>> {
  /** The command as the user types it: `npm run cost`. */
  command: string;
  /** The purpose of the command, in one or several lines. */
  about: string;
  /** The flags by their names without dashes: `events-per-day`. */
  flags: Flags;
  /** The words before the flags: `show ID`. Absent: the command takes no words. */
  words?: string;
  /** Notes below the flags in the help. */
  notes?: string;
}

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** The values by the flags' names in camel case; `words` holds the arguments that are no flags. */
export type FlagValues<Flags extends Record<string, Flag>> = {
  [Name in keyof Flags & string as CamelCase<Name>]: Flags[Name] extends Flag<infer Value> ? Value : never;
} & { words: readonly string[] };

interface FlagText {
  value: string;
  about: string;
}

/** Declares a flag with a value. */
export function flag<Value>(
  schema: v.GenericSchema<string | undefined, Value>,
  { value, about }: FlagText,
): Flag<Value> {
  return { schema, value, about };
}

/** Declares a flag that may be given several times. Its value is undefined when the flag is absent. */
export function flagList<Value>(
  schema: v.GenericSchema<string, Value>,
  { value, about }: FlagText,
): Flag<readonly Value[] | undefined> {
  return { schema: schema as never, value, about, kind: "list" };
}

/** Declares a flag that is either given or not. */
export function flagSwitch(about: string): Flag<boolean> {
  return { about, kind: "switch" };
}

/** Declares a switch that is on by default: `build` is turned off by `--no-build`. */
export function flagSwitchOff(about: string): Flag<boolean> {
  return { about, kind: "switch that is on" };
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
  return args.includes("--help") ? undefined : flagValues(line, args);
}

/**
 * Reads the values of a command line without `--help`; `runCommand` prints the help.
 * @throws UsageError as `readFlags` does
 */
export function flagValues<Flags extends Record<string, Flag>>(
  line: CommandLine<Flags>,
  args: readonly string[],
): FlagValues<Flags> {
  const { values, positionals } = parsed(line, args);
  const read = Object.entries(line.flags).map(([name, declared]) => [
    camelCase(name),
    readValue(name, declared, values[name]),
  ]);
  return { ...Object.fromEntries(read), words: positionals };
}

/** Returns the help: usage, purpose, one line for each flag, notes. */
export function helpOf(line: CommandLine<Record<string, Flag>>): string {
  const { command, about, flags, words, notes } = line;
  const rows = Object.entries(flags).map(([name, { value, kind, about: text }]) => [
    `--${kind === "switch that is on" ? "no-" : ""}${name}${value === undefined ? "" : ` ${value}`}`,
    text,
  ]);
  const width = Math.max(...rows.map(([left = ""]) => left.length), "--help".length) + 2;
  const lines = [...rows, ["--help", "this text"]].map(
    ([left = "", text]) => `  ${left.padEnd(width)}${text}`,
  );
  const usage = `${command} [--${words === undefined ? "" : ` ${words}`} FLAGS]`;
  return [usage, "", about, "", ...lines, ...(notes === undefined ? [] : ["", notes])].join("\n");
}

type GivenValue = string | boolean | (string | boolean)[] | undefined;

function parsed(line: CommandLine<Record<string, Flag>>, args: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(line.flags).map(([name, { schema, kind }]) => [
      name,
      { type: schema ? ("string" as const) : ("boolean" as const), multiple: kind === "list" },
    ]),
  );
  const allowNegative = Object.values(line.flags).some(({ kind }) => kind === "switch that is on");
  try {
    return parseArgs({
      args: [...args],
      options,
      allowPositionals: line.words !== undefined,
      allowNegative,
    });
  } catch (error) {
    throw new UsageError(refusalOf(error, Object.keys(line.flags)));
  }
}

/** Returns the first sentence of Node's error, with the known flags when the flag is unknown. */
function refusalOf(error: unknown, names: readonly string[]): string {
  const [reason = ""] = (error instanceof Error ? error.message : String(error)).split(/\.(?:\s|$)/);
  if (Object(error).code === "ERR_PARSE_ARGS_INVALID_OPTION_VALUE") return `${reason}.`;
  const known = names.map(name => `--${name}`).join(", ");
  return `${reason}: expected ${known === "" ? "" : `${known} or `}--help.`;
}

function readValue(name: string, { schema, kind }: Flag, given: GivenValue): unknown {
  if (!schema) return given ?? kind === "switch that is on";
  if (kind !== "list") return readText(name, schema, given);
  return Array.isArray(given) ? given.map(text => readText(name, schema, text)) : undefined;
}

function readText(
  name: string,
  schema: v.GenericSchema<string | undefined, unknown>,
  text: unknown,
): unknown {
  const result = v.safeParse(schema, text);
  if (result.success) return result.output;
  const problem = text === undefined ? "missing" : "invalid";
  const got = text === undefined ? "" : `, got "${text}"`;
  throw new UsageError(`--${name} ${problem}: expected ${result.issues[0].message}${got}.`);
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_dash, letter: string) => letter.toUpperCase());
}
