import type { Deployment } from "./deployment.ts";
import { policy } from "./policy.ts";
import type { Resource, Variable } from "./resource.ts";
import { named } from "./resource.ts";
import type { Target } from "./target.ts";
import { inProject, memberOf } from "./target.ts";

/** Optional settings of every function, each a variable of its environment. */
export const PUBLIC_SETTINGS = [
  ...(["DEFAULT_CURRENCY", "ABANDON_AFTER_SECONDS"] as const),
  ...(["MAIL_POSTAL_ADDRESS", "STOREFRONT_CART_URL"] as const),
] as const;

/** Required settings: the addresses of mails, which the code cannot know. */
export const REQUIRED_SETTINGS = ["MAIL_FROM", "ADMIN_EMAIL"] as const;

/** All settings that a deployment reads from its environment. */
export const SETTINGS = [...REQUIRED_SETTINGS, "PUBLIC_URL", ...PUBLIC_SETTINGS] as const;

/** The secrets, each with its purpose. Only the functions that need a secret may read it. */
export const SECRETS = {
  SMTP_URL: "The mail server, with the password: smtps://user:password@host:465.",
  UNSUBSCRIBE_SECRET:
    "The key of unsubscribe links. A change breaks the links in mails that were already sent.",
} as const;

export type SecretName = keyof typeof SECRETS;

/** Returns the id of a secret. */
export function secretId({ prefix }: Target, name: SecretName): string {
  return `${prefix}pulsecart-${name.toLowerCase().replaceAll("_", "-")}`;
}

/** Returns the variables with the newest version of each secret. A rollback restores the version by its number. */
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

/** Returns the secrets, each with its first value. */
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

/** Returns the policies of the secrets: the readers of each. */
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
      why: "Readers: the functions that cannot start without this secret.",
      group: ["secrets"],
      target: [secretId(target, name), ...inProject(target)],
      bindings: [{ role: "roles/secretmanager.secretAccessor", members: readers(name) }],
    }),
  );
}
