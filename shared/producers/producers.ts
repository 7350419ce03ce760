import { createHash } from "node:crypto";
import * as v from "valibot";
import { config } from "../config.ts";
import { ConfigError } from "../errors.ts";
import type { EventType } from "../events/catalogue.ts";
import { findDefinition, topics } from "../events/catalogue.ts";
import { isId } from "../events/define.ts";
import type { ProducerGroups } from "../events/ownership.ts";
import { OUTSIDE, OWNERS } from "../events/ownership.ts";
import { FUNCTION_NAMES } from "./function-names.ts";

/** An outside system that reports events. */
export interface Producer {
  name: string;
  /** Types that the producer may report. */
  types: ReadonlySet<EventType>;
  /** The owner of what the producer makes. Producers of one group own their things together. */
  group: string;
}

/** The configured producers of a deployment. */
export interface Producers extends ProducerGroups {
  all: readonly Producer[];
  /** Finds the producer of a key. @returns undefined for an unknown key */
  byKey(key: string): Producer | undefined;
}

const schema = v.array(
  v.strictObject({
    name: v.string(),
    types: v.pipe(v.array(v.string()), v.minLength(1)),
    group: v.exactOptional(v.string()),
    /** Test key of `npm start`. A deployment reads no keys yet. */
    key: v.exactOptional(v.pipe(v.string(), v.minLength(1))),
  }),
);

type Configured = v.InferOutput<typeof schema>[number];

/** Names that an outside producer or group may not have: producers and owners inside PulseCart. */
const RESERVED: ReadonlySet<string> = new Set([
  ...FUNCTION_NAMES,
  ...OWNERS,
  ...topics,
  "user-events",
  "pubsub",
  "local",
  OUTSIDE,
]);

/**
 * Reads the configuration of producers: a JSON list of `{name, types, group, key}`. An absent text configures none.
 * @throws ConfigError that names every fault
 */
export function parseProducers(json: string | undefined): Producers {
  const configured = json === undefined ? [] : readList(json);
  const faults = configured.flatMap((one, index) => faultsOf(one, configured.slice(0, index)));
  if (faults.length > 0) throw new ConfigError(`PRODUCERS is invalid: ${faults.join("; ")}.`);
  const all = configured.map(producerOf);
  const groups = new Map(all.map(({ name, group }) => [name, group]));
  const keys = new Map(
    configured.flatMap(({ key }, index) => {
      const producer = all[index];
      return key === undefined || !producer ? [] : [[hashOfKey(key), producer] as const];
    }),
  );
  return {
    all,
    areConfigured: all.length > 0,
    ownerOf: name => groups.get(name) ?? OUTSIDE,
    byKey: key => keys.get(hashOfKey(key)),
  };
}

function readList(json: string): Configured[] {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    throw new ConfigError("PRODUCERS is invalid: expected JSON, got another text.");
  }
  const read = v.safeParse(schema, raw);
  if (read.success) return read.output;
  throw new ConfigError(
    `PRODUCERS is invalid: expected a list of {"name", "types", "group", "key"}; ${v.summarize(read.issues)}`,
  );
}

function faultsOf({ name, types, group = name, key }: Configured, earlier: readonly Configured[]): string[] {
  const faults: string[] = [];
  for (const [what, text] of [
    ["name", name],
    ["group", group],
  ] as const) {
    if (!isId(text))
      faults.push(`${what} ${JSON.stringify(text)} is no id: expected 1 to 128 characters without blanks`);
    if (RESERVED.has(text))
      faults.push(`${what} ${text} is reserved: expected a name of no function, owner or topic of PulseCart`);
  }
  if (earlier.some(other => other.name === name))
    faults.push(`name ${name} is there twice: expected one entry`);
  if (key !== undefined && earlier.some(other => other.key === key))
    faults.push(`key of ${name} is there twice: expected a key of its own`);
  for (const type of types) {
    const definition = findDefinition(type);
    if (!definition) faults.push(`type ${type} of ${name} is unknown: expected a type of the catalogue`);
    if (definition?.thing?.outside === "never")
      faults.push(
        `type ${type} of ${name} is not for producers: expected a type that other systems may report`,
      );
  }
  return faults;
}

function producerOf({ name, types, group = name }: Configured): Producer {
  const names = types.flatMap(type => findDefinition(type)?.type ?? []);
  // The definitions come from the catalogue, whose types TypeScript cannot follow through the lookup by alias.
  return { name, types: new Set(names as EventType[]), group };
}

/** A lookup by hash takes the same time for every wrong key. */
function hashOfKey(key: string): string {
  return createHash("sha256").update(key).digest("base64url");
}

let parsed: Producers | undefined;

/** Returns the producers of this process, read from its configuration on first use. */
export function producers(): Producers {
  parsed ??= parseProducers(config().producers);
  return parsed;
}
