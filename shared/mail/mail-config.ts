import { config } from "../config.ts";
import { ConfigError } from "../errors.ts";

/** What only mail needs of the environment: a function that sends none starts without it. */
export interface MailConfig {
  /** smtp://user:password@host:port, or smtps://. */
  readonly smtpUrl: string;
  /** The sender of every mail: an address, or a name and an address. */
  readonly from: string;
  /** Who is told what the shop's people must know. */
  readonly adminEmail: string;
  /** Where people reach the public functions, without a slash at its end: links in mails begin with it. */
  readonly publicUrl: string;
  /** What unsubscribe links are made with: whoever changes it breaks those in every mail that was sent. */
  readonly unsubscribeSecret: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** On a machine of its own, nothing needs to be set; these reach nobody outside it. */
export const LOCAL_MAIL = {
  SMTP_URL: "smtp://127.0.0.1:2525",
  MAIL_FROM: "PulseCart <shop@pulsecart.example>",
  ADMIN_EMAIL: "admin@pulsecart.example",
  PUBLIC_URL: "http://localhost:8000",
  UNSUBSCRIBE_SECRET: "for this machine alone, where nobody else reads it",
};

/** 256 bits in hexadecimal are 64 characters, in base64 43: a secret that somebody typed is shorter. */
const LEAST_SECRET_CHARACTERS = 32;

/**
 * Reads the mail configuration from an environment.
 * @param local there is no IAM before this function, so it is nobody's production: defaults will do
 * @throws ConfigError that names every missing or impossible variable at once
 */
export function parseMailConfig(env: Environment, { local }: { local: boolean }): MailConfig {
  const reading = reader(env, local);
  const { read, faults } = reading;
  const parsed: MailConfig = {
    smtpUrl: read("SMTP_URL"),
    from: read("MAIL_FROM"),
    adminEmail: read("ADMIN_EMAIL"),
    publicUrl: read("PUBLIC_URL").replace(/\/$/, ""),
    unsubscribeSecret: readSecret(reading),
  };
  if (parsed.smtpUrl && !/^smtps?:$/.test(protocolOf(parsed.smtpUrl)))
    faults.push("SMTP_URL must begin with smtp:// or smtps://");
  for (const [name, value] of [
    ["MAIL_FROM", parsed.from],
    ["ADMIN_EMAIL", parsed.adminEmail],
  ] as const)
    if (value && !/^[^\r\n]*[^\s@<]+@[^\s@>]+>?$/.test(value))
      faults.push(`${name} must hold an e-mail address`);
  // One click works with https only (RFC 8058, section 3.1).
  const protocols = local ? ["http:", "https:"] : ["https:"];
  if (parsed.publicUrl && !protocols.includes(protocolOf(parsed.publicUrl)))
    faults.push(`PUBLIC_URL must begin with ${protocols.map(protocol => `${protocol}//`).join(" or ")}`);
  refuse(faults);
  return Object.freeze(parsed);
}

/**
 * The secret alone, for whoever reads unsubscribe links and sends nothing.
 * @throws ConfigError when it is missing or short
 */
export function parseUnsubscribeSecret(env: Environment, { local }: { local: boolean }): string {
  const reading = reader(env, local);
  const read = readSecret(reading);
  refuse(reading.faults);
  return read;
}

function readSecret({ read, faults }: ReturnType<typeof reader>): string {
  const value = read("UNSUBSCRIBE_SECRET");
  if (value && value.length < LEAST_SECRET_CHARACTERS)
    faults.push(`UNSUBSCRIBE_SECRET must have at least ${LEAST_SECRET_CHARACTERS} characters`);
  return value;
}

function reader(env: Environment, local: boolean) {
  const faults: string[] = [];
  const read = (name: keyof typeof LOCAL_MAIL): string => {
    const value = env[name] || (local ? LOCAL_MAIL[name] : undefined);
    if (value === undefined) faults.push(`${name} is missing`);
    return value ?? "";
  };
  return { read, faults };
}

function refuse(faults: readonly string[]): void {
  if (faults.length > 0) throw new ConfigError(`This function cannot start: ${faults.join("; ")}.`);
}

function protocolOf(url: string): string {
  return URL.canParse(url) ? new URL(url).protocol : "";
}

const where = () => ({ local: config().callerAuth === "verify" });

let parsed: MailConfig | undefined;
let secret: string | undefined;

/** The mail configuration of this process, read from its environment on first use. */
export function mailConfig(): MailConfig {
  parsed ??= parseMailConfig(process.env, where());
  return parsed;
}

/**
 * Has a deployed function fail when it starts, rather than when somebody waits for a mail. Tools that load a function
 * to learn what it declares send none, and are not deployed.
 * @param deployedAs what Cloud Run says (https://cloud.google.com/run/docs/container-contract#env-vars)
 * @throws ConfigError what reading it throws
 */
export function readAtStart(read: () => unknown, deployedAs = process.env["K_SERVICE"]): void {
  if (deployedAs) read();
}

/** The secret of this process' unsubscribe links, read from its environment on first use. */
export function unsubscribeSecret(): string {
  secret ??= parseUnsubscribeSecret(process.env, where());
  return secret;
}
