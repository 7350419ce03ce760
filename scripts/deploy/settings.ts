import type { Deployment } from "./deployment.ts";
import { policy } from "./policy.ts";
import type { Resource, Variable } from "./resource.ts";
import { named } from "./resource.ts";
import type { Target } from "./target.ts";
import { inProject, memberOf } from "./target.ts";

/** Settings of every function that may be given, each a variable of its environment. */
export const PUBLIC_SETTINGS = ["DEFAULT_CURRENCY", "ABANDON_AFTER_SECONDS"] as const;

/** What whoever deploys has to say about mail; nothing in the code can know it. */
export const REQUIRED_SETTINGS = ["MAIL_FROM", "ADMIN_EMAIL"] as const;

/** Everything that is read from the environment of whoever deploys. */
export const SETTINGS = [...REQUIRED_SETTINGS, "PUBLIC_URL", ...PUBLIC_SETTINGS] as const;

/** What nobody may read but the functions that need it, and what each is for. */
export const SECRETS = {
  SMTP_URL: "Where mails are handed over, with the password: smtps://user:password@host:465.",
  UNSUBSCRIBE_SECRET:
    "What unsubscribe links are made with. Who changes it breaks those in mails that were sent.",
} as const;

export type SecretName = keyof typeof SECRETS;

export function secretId({ prefix }: Target, name: SecretName): string {
  return `${prefix}pulsecart-${name.toLowerCase().replaceAll("_", "-")}`;
}

/** Functions are given the newest version by its number: what is rolled back has its own. */
export function secretVariables({ target }: Deployment): Variable[] {
  return (Object.keys(SECRETS) as SecretName[]).map(name => ({
    name: `${name}_VERSION`,
    why: `The newest version of ${secretId(target, name)}.`,
    args: [
      ...["secrets", "versions", "list", secretId(target, name), "--filter=state=ENABLED", "--limit=1"],
      ...["--format=value(name.basename())", ...inProject(target)],
    ],
  }));
}

/** The secrets, each with a first value and with those who may read it. */
export function secretResources(deployment: Deployment): Resource[] {
  return (Object.keys(SECRETS) as SecretName[]).map(name => secret(name, deployment.target));
}

function secret(name: SecretName, target: Target): Resource {
  const id = secretId(target, name);
  return {
    kind: "secret",
    name: id,
    why: SECRETS[name],
    read: { args: ["secrets", "list", ...inProject(target)], find: named(id) },
    wanted: {},
    create: [
      {
        args: [
          ...["secrets", "create", id, "--replication-policy=automatic", "--data-file=-"],
          ...inProject(target),
        ],
        input: name === "UNSUBSCRIBE_SECRET" ? { random: true } : { env: name },
      },
    ],
    remove: () => [{ args: ["secrets", "delete", id, ...inProject(target)] }],
    holdsData: true,
  };
}

export function secretPolicies({ target, needs }: Deployment): Resource[] {
  const readers = (name: SecretName) =>
    [...needs]
      .filter(
        ([, { mail }]) => mail === "all" || (mail === "unsubscribe-secret" && name === "UNSUBSCRIBE_SECRET"),
      )
      .map(([reader]) => memberOf(target, reader));
  return (Object.keys(SECRETS) as SecretName[]).map(name =>
    policy({
      of: `secret ${secretId(target, name)}`,
      why: "Who may read it: functions that cannot start without it.",
      group: ["secrets"],
      target: [secretId(target, name), ...inProject(target)],
      bindings: [{ role: "roles/secretmanager.secretAccessor", members: readers(name) }],
    }),
  );
}
