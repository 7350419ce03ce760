import { ConfigError } from "./errors.ts";
import { CURRENCY_WORDS, isCurrency } from "./values/currencies.ts";
import { DAY_MS } from "./values/durations.ts";

/** The environment of a function, parsed once and frozen. */
export interface Config {
  readonly projectId: string;
  readonly environment: string;
  readonly region: string;
  /** Prefix of all resource names: "", or "dev-" when several deployments share a project. */
  readonly resourcePrefix: string;
  /** URL of a function; `{name}` stands for its name. */
  readonly functionUrlTemplate: string;
  /** `iam`: Cloud Run has verified the caller's token. `verify`: the function verifies the token. */
  readonly callerAuth: "iam" | "verify";
  /** JSON Web Key Set of the tokens' issuer. Present exactly when `callerAuth` is `verify`. */
  readonly callerAuthKeys: object | undefined;
  /** Service account with which Pub/Sub, Cloud Tasks and Cloud Scheduler call functions. */
  readonly invokerEmail: string;
  /** Currency of events and commands without one. */
  readonly defaultCurrency: string;
  /** Idle time after which a cart counts as abandoned, in milliseconds. */
  readonly abandonAfterMs: number;
  /** The configured producers, as JSON; `shared/producers` reads it. Undefined: every caller may report every type. */
  readonly producers: string | undefined;
  /** Postal address of the sender in one line. Absent: no marketing mail is sent. */
  readonly mailPostalAddress: string | undefined;
  /** Page of the storefront that shows a saved cart. Absent: PulseCart shows a page of its own. */
  readonly storefrontCartUrl: string | undefined;
  /** host:port of a local Cloud Tasks. The clients of Firestore and Pub/Sub read their own variables. */
  readonly tasksEmulatorHost: string | undefined;
}

const TWO_HOURS_IN_SECONDS = "7200";
/** Max delay of a timer: Cloud Tasks schedules at most 30 days ahead. */
const LONGEST_TIMER_SECONDS = (30 * DAY_MS) / 1000;

/** Variables of earlier versions and their successors: an old name is an error, not ignored. */
const RENAMED = [
  ["INNER_DOOR", "CALLER_AUTH"],
  ["INNER_DOOR_KEYS", "CALLER_AUTH_KEYS"],
] as const;

/**
 * Reads the configuration from an environment.
 * @throws ConfigError that names every missing or invalid variable
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const read = (name: string, fallback?: string): string => {
    const value = env[name] || fallback;
    if (value === undefined) faults.push(`${name} is missing`);
    return value ?? "";
  };
  for (const [old, successor] of RENAMED) {
    if (env[old] !== undefined) faults.push(`${old} has a new name: expected ${successor}`);
  }
  const projectId = env["GCP_PROJECT_ID"] || env["GOOGLE_CLOUD_PROJECT"] || "";
  if (!projectId) faults.push("GCP_PROJECT_ID (or GOOGLE_CLOUD_PROJECT) is missing");
  const region = read("REGION", "us-central1");
  const prefix = env["RESOURCE_PREFIX"] ?? "";
  if (!/^([a-z][a-z0-9]{0,7}-)?$/.test(prefix)) faults.push('RESOURCE_PREFIX must be like "dev-"');
  const config: Config = {
    projectId,
    environment: read("ENVIRONMENT", "dev"),
    region,
    resourcePrefix: prefix,
    functionUrlTemplate: read(
      "FUNCTION_URL",
      `https://${region}-${projectId}.cloudfunctions.net/${prefix}{name}`,
    ),
    callerAuth: parseCallerAuth(read("CALLER_AUTH"), faults),
    callerAuthKeys: parseKeys(env["CALLER_AUTH"], env["CALLER_AUTH_KEYS"], faults),
    invokerEmail: read("INVOKER_EMAIL", `${prefix}pulsecart-invoker@${projectId}.iam.gserviceaccount.com`),
    defaultCurrency: parseCurrency(read("DEFAULT_CURRENCY", "USD"), faults),
    abandonAfterMs: parseSeconds(
      "ABANDON_AFTER_SECONDS",
      read("ABANDON_AFTER_SECONDS", TWO_HOURS_IN_SECONDS),
      faults,
    ),
    producers: env["PRODUCERS"] || undefined,
    mailPostalAddress: parsePostalAddress(env["MAIL_POSTAL_ADDRESS"], faults),
    storefrontCartUrl: parseStorefront(env["STOREFRONT_CART_URL"], faults),
    tasksEmulatorHost: env["CLOUD_TASKS_EMULATOR_HOST"] || undefined,
  };
  if (!config.functionUrlTemplate.includes("{name}")) faults.push("FUNCTION_URL must contain {name}");
  if (faults.length > 0) throw new ConfigError(`This function cannot start: ${faults.join("; ")}.`);
  return Object.freeze(config);
}

function parseCallerAuth(value: string, faults: string[]): Config["callerAuth"] {
  if (value === "iam" || value === "verify") return value;
  if (value) faults.push('CALLER_AUTH must be "iam" (behind Cloud Run) or "verify" (anywhere else)');
  return "verify";
}

function parseKeys(
  callerAuth: string | undefined,
  json: string | undefined,
  faults: string[],
): object | undefined {
  if (callerAuth !== "verify") return undefined;
  try {
    const keys: unknown = JSON.parse(json ?? "");
    if (typeof keys === "object" && keys !== null && "keys" in keys && Array.isArray(keys.keys)) return keys;
  } catch {
    // The fault is reported below, together with JSON of the wrong shape.
  }
  faults.push('CALLER_AUTH_KEYS must be a JSON Web Key Set ({"keys": [...]}) when CALLER_AUTH is "verify"');
  return undefined;
}

function parseCurrency(value: string, faults: string[]): string {
  if (!isCurrency(value)) faults.push(`DEFAULT_CURRENCY must be ${CURRENCY_WORDS}, not "${value}"`);
  return value;
}

/**
 * A postal address in one line: 10 to 300 characters with a letter. The deployment separates variables by "|".
 * No program can tell whether the address exists.
 */
const POSTAL_ADDRESS = /^(?=.*\p{L})[^\p{Cc}\p{Zl}\p{Zp}|]{10,300}$/u;

function parsePostalAddress(value: string | undefined, faults: string[]): string | undefined {
  const address = value?.trim() || undefined;
  if (address !== undefined && !POSTAL_ADDRESS.test(address))
    faults.push("MAIL_POSTAL_ADDRESS must be a postal address in one line of 10 to 300 characters without |");
  return address;
}

function parseStorefront(value: string | undefined, faults: string[]): string | undefined {
  const url = value?.trim() || undefined;
  if (url !== undefined && !/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ""))
    faults.push("STOREFRONT_CART_URL must begin with https:// or http://");
  return url;
}

function parseSeconds(name: string, value: string, faults: string[]): number {
  const seconds = Number(value);
  if (!(seconds > 0 && seconds <= LONGEST_TIMER_SECONDS)) {
    faults.push(`${name} must be a number of seconds above 0 and at most ${LONGEST_TIMER_SECONDS}`);
  }
  return seconds * 1000;
}

let parsed: Config | undefined;

/** Returns the configuration of this process, read from its environment on first use. */
export function config(): Config {
  parsed ??= parseConfig(process.env);
  return parsed;
}

/** Returns the database of this deployment: the default one, or one that its prefix names. */
export function databaseId(): string {
  return databaseIdOf(config().resourcePrefix);
}

/** Returns the database of the deployment with a prefix. */
export function databaseIdOf(prefix: string): string {
  return prefix === "" ? "(default)" : `${prefix}pulsecart`;
}

/** Returns the URL of a function of this deployment, which is also the audience of its tokens. */
export function functionUrl(name: string): string {
  return config().functionUrlTemplate.replace("{name}", name);
}
