import { config } from "../config.ts";
import { ConfigError } from "../errors.ts";

/** Configuration of mail. A function that sends no mail starts without it. */
export interface MailConfig {
  /** Address of the mail server: smtp://user:password@host:port, or smtps://. */
  readonly smtpUrl: string;
  /** Sender of every mail: an address, or a name and an address. */
  readonly from: string;
  /** Address of the staff, for alerts. */
  readonly adminEmail: string;
  /** Base URL of the public functions, without a slash at the end. Links in mails begin with it. */
  readonly publicUrl: string;
  /** Secret of unsubscribe links. A new secret breaks the links in every mail sent before. */
  readonly unsubscribeSecret: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Defaults on a local machine. These addresses lead nowhere outside it. */
export const LOCAL_MAIL = {
  SMTP_URL: "smtp://127.0.0.1:2525",
  MAIL_FROM: "PulseCart <shop@pulsecart.example>",
  ADMIN_EMAIL: "admin@pulsecart.example",
  PUBLIC_URL: "http://localhost:8000",
  UNSUBSCRIBE_SECRET: "local secret of this machine, never used in production",
};

/** Min characters of the secret. 256 random bits are 64 characters in hexadecimal, 43 in base64; typed secrets are shorter. */
const MIN_SECRET_CHARACTERS = 32;

/**
 * Reads the mail configuration from an environment.
 * @param local true without IAM in front of the function: this is not production, so defaults apply
 * @throws ConfigError that names every missing or invalid variable at once
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
  // One-click unsubscription requires https (RFC 8058, section 3.1).
  const protocols = local ? ["http:", "https:"] : ["https:"];
  if (parsed.publicUrl && !protocols.includes(protocolOf(parsed.publicUrl)))
    faults.push(`PUBLIC_URL must begin with ${protocols.map(protocol => `${protocol}//`).join(" or ")}`);
  refuse(faults);
  return Object.freeze(parsed);
}

/**
 * Reads only the secret, for a function that reads unsubscribe links and sends no mail.
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
  if (value && value.length < MIN_SECRET_CHARACTERS)
    faults.push(`UNSUBSCRIBE_SECRET must have at least ${MIN_SECRET_CHARACTERS} characters`);
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

/** Returns the mail configuration of this process; reads the environment on first use. */
export function mailConfig(): MailConfig {
  parsed ??= parseMailConfig(process.env, where());
  return parsed;
}

/**
 * Reads the configuration when a deployed function starts. A missing value then fails the start, not the first mail.
 * Tools that load a function for its declaration are not deployed and need no configuration.
 * @param deployedAs the service name that Cloud Run sets
 * (https://cloud.google.com/run/docs/container-contract#env-vars); default K_SERVICE
 * @throws ConfigError when the configuration is incomplete
 */
export function readAtStart(read: () => unknown, deployedAs = process.env["K_SERVICE"]): void {
  if (deployedAs) read();
}

/** Returns the secret of unsubscribe links; reads the environment on first use. */
export function unsubscribeSecret(): string {
  secret ??= parseUnsubscribeSecret(process.env, where());
  return secret;
}
