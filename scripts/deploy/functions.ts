import type { Declaration } from "../../shared/pipeline/declaration.ts";
import type { Deployment } from "./deployment.ts";
import type { Needs } from "./needs.ts";
import { bindingsIn, policyIn } from "./policy.ts";
import type { Resource } from "./resource.ts";
import { named } from "./resource.ts";
import type { SecretName } from "./settings.ts";
import { PUBLIC_SETTINGS, secretId } from "./settings.ts";
import type { Target } from "./target.ts";
import { accountEmail, BUILD, INVOKER, inRegion, memberOf, urlOf } from "./target.ts";

/** The limits of one instance. */
interface Size {
  timeoutSeconds: number;
  concurrency: number;
}

/** CPUs of an instance. Concurrent requests need a whole CPU. */
export const CPU = 1;
/** Memory of an instance. */
export const MEMORY = "512Mi";
/** Max instances of a function. More instances mean a repeated error or an attack. */
export const MAX_INSTANCES = 100;

/**
 * Limits by kind. Pub/Sub's acknowledgement deadline of 60 s ends reactions and consumers. A shard of the day close and
 * a schedule may take minutes: Cloud Tasks waits ten minutes, Cloud Scheduler five.
 */
export const SIZES: Readonly<Record<Declaration["kind"], Size>> = {
  http: { timeoutSeconds: 60, concurrency: 80 },
  reaction: { timeoutSeconds: 60, concurrency: 40 },
  consumer: { timeoutSeconds: 60, concurrency: 40 },
  timer: { timeoutSeconds: 540, concurrency: 20 },
  effect: { timeoutSeconds: 540, concurrency: 20 },
  schedule: { timeoutSeconds: 300, concurrency: 1 },
};

/** Returns the functions. */
export function functionResources(deployment: Deployment): Resource[] {
  return deployment.declarations.map(declaration => functionResource(declaration, deployment));
}

function functionResource(declaration: Declaration, deployment: Deployment): Resource {
  const { target } = deployment;
  const name = target.prefix + declaration.name;
  const deployed = wantedFunction(declaration, deployment);
  const flags = flagsOf(declaration, { deployed, target, source: deployment.sourceOf(declaration.name) });
  return {
    kind: "function",
    name,
    why: whyOf(declaration),
    read: {
      args: ["functions", "list", "--v2", `--regions=${target.region}`, `--project=${target.project}`],
      find: named(name),
    },
    wanted: deployed,
    create: [{ args: ["functions", "deploy", name, ...flags] }],
    remove: () => [{ args: ["functions", "delete", name, "--gen2", ...inRegion(target)] }],
    functionName: declaration.name,
  };
}

type Deployed = ReturnType<typeof wantedFunction>;

/** Returns the function as the service describes it. */
function wantedFunction(declaration: Declaration, deployment: Deployment) {
  const { target, needs, sourceHash, value } = deployment;
  const { name, kind } = declaration;
  const { mail } = needs.get(name) ?? { mail: "none" as const };
  const { timeoutSeconds, concurrency } = SIZES[kind];
  return {
    buildConfig: {
      runtime: "nodejs24",
      entryPoint: name,
      serviceAccount: `projects/${target.project}/serviceAccounts/${accountEmail(target, BUILD)}`,
    },
    serviceConfig: {
      availableCpu: String(CPU),
      availableMemory: MEMORY,
      maxInstanceRequestConcurrency: concurrency,
      minInstanceCount: isAwaited(declaration) ? 1 : 0,
      maxInstanceCount: MAX_INSTANCES,
      timeoutSeconds,
      serviceAccountEmail: accountEmail(target, name),
      ingressSettings: "ALLOW_ALL",
      environmentVariables: environmentOf(mail, target),
      secretEnvironmentVariables: secretsOf(mail).map(secret => ({
        key: secret,
        secret: secretId(target, secret),
        version: value(`${secret}_VERSION`),
      })),
    },
    labels: { source: sourceHash(name), pulsecart: target.prefix.replace(/-$/, "") || "main" },
  };
}

/** Tells whether a client waits for the function's result. One instance of such a function stays warm. */
export function isAwaited(declaration: Declaration): boolean {
  return declaration.kind === "reaction" && (declaration.immediate ?? []).length > 0;
}

function environmentOf(mail: Needs["mail"], target: Target): Record<string, string> {
  const { settings } = target;
  const publicUrl = settings["PUBLIC_URL"] ?? urlOf(target, "mail-preferences");
  return {
    GCP_PROJECT_ID: target.project,
    REGION: target.region,
    ENVIRONMENT: target.prefix.replace(/-$/, "") || "production",
    RESOURCE_PREFIX: target.prefix,
    CALLER_AUTH: "iam",
    NODE_ENV: "production",
    ...(mail === "all" && {
      MAIL_FROM: settings["MAIL_FROM"] ?? "",
      ADMIN_EMAIL: settings["ADMIN_EMAIL"] ?? "",
      PUBLIC_URL: publicUrl,
    }),
    ...Object.fromEntries(PUBLIC_SETTINGS.flatMap(key => (settings[key] ? [[key, settings[key]]] : []))),
  };
}

function secretsOf(mail: Needs["mail"]): SecretName[] {
  if (mail === "none") return [];
  return mail === "all" ? ["SMTP_URL", "UNSUBSCRIBE_SECRET"] : ["UNSUBSCRIBE_SECRET"];
}

function flagsOf(
  declaration: Declaration,
  { deployed, target, source }: { deployed: Deployed; target: Target; source: string },
): string[] {
  const { serviceConfig, buildConfig, labels } = deployed;
  const secrets = serviceConfig.secretEnvironmentVariables.map(
    ({ key, secret, version }) => `${key}=${secret}:${version}`,
  );
  return [
    "--gen2",
    `--runtime=${buildConfig.runtime}`,
    `--source=${source}`,
    `--entry-point=${buildConfig.entryPoint}`,
    "--trigger-http",
    isPublic(declaration) ? "--allow-unauthenticated" : "--no-allow-unauthenticated",
    `--service-account=${serviceConfig.serviceAccountEmail}`,
    `--build-service-account=${buildConfig.serviceAccount}`,
    `--memory=${serviceConfig.availableMemory}`,
    `--cpu=${serviceConfig.availableCpu}`,
    `--concurrency=${serviceConfig.maxInstanceRequestConcurrency}`,
    `--min-instances=${serviceConfig.minInstanceCount}`,
    `--max-instances=${serviceConfig.maxInstanceCount}`,
    `--timeout=${serviceConfig.timeoutSeconds}s`,
    "--ingress-settings=all",
    // "|" separates the variables, because values contain commas: https://cloud.google.com/sdk/gcloud/reference/topic/escaping
    `--set-env-vars=^|^${pairs(serviceConfig.environmentVariables).join("|")}`,
    secrets.length > 0 ? `--set-secrets=${secrets.join(",")}` : "--clear-secrets",
    // The bundle is built already, so Cloud Build runs no script of the package.
    "--set-build-env-vars=GOOGLE_NODE_RUN_SCRIPTS=",
    `--update-labels=${pairs(labels).join(",")}`,
    ...inRegion(target),
  ];
}

const pairs = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, value]) => `${key}=${value}`);

/** Tells whether a function may be called without a token. */
export const isPublic = (declaration: Declaration) =>
  declaration.kind === "http" && declaration.callers === "public";

function whyOf(declaration: Declaration): string {
  const { name, kind } = declaration;
  if (kind === "http") {
    const callers = isPublic(declaration)
      ? "Callers need no token."
      : "Another system may call the function once it has roles/run.invoker.";
    return `Answers ${declaration.prefixes.join(" and ")}. ${callers}`;
  }
  if (kind === "schedule") return `Cloud Scheduler calls ${name}.`;
  if (kind === "timer" || kind === "effect") return `Cloud Tasks calls ${name}.`;
  return `Pub/Sub calls ${name}${isAwaited(declaration) ? "; clients wait, so one instance stays warm" : ""}.`;
}

/** Returns the invoker's right to call each function that Google's services call. The right is on the Cloud Run service. */
export function invokerBindings({ declarations, target }: Deployment): Resource[] {
  const invoked = declarations.filter(({ kind }) => kind !== "http");
  return invoked.map(({ name }) => {
    const service = target.prefix + name;
    const binding = [`--member=${memberOf(target, INVOKER)}`, "--role=roles/run.invoker"];
    const has = (answer: unknown) =>
      bindingsIn(policyIn(answer)).find(
        ({ role, members }) => role === "roles/run.invoker" && members.includes(memberOf(target, INVOKER)),
      );
    return {
      kind: "caller",
      name: service,
      why: `Lets the invoker alone call ${name}.`,
      read: {
        args: ["run", "services", "get-iam-policy", service, ...inRegion(target)],
        find: (answer: unknown) => has(answer) && {},
      },
      wanted: {},
      create: [
        { args: ["run", "services", "add-iam-policy-binding", service, ...binding, ...inRegion(target)] },
      ],
      functionName: name,
    };
  });
}
