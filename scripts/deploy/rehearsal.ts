import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createSemaphore } from "../cli/semaphore.ts";
import type { Indexes } from "../local-cloud/firestore/query/index-definitions.ts";
import { planOf } from "../plan/plan.ts";
import type { Apply, ResourceOutcome } from "./apply.ts";
import { applyStages } from "./apply.ts";
import type { Deployment, ValueName } from "./deployment.ts";
import { AT_ONCE, createGcloud } from "./gcloud.ts";
import type { Stub } from "./google-stub.ts";
import { startGoogleStub } from "./google-stub.ts";
import { prepare } from "./prepare.ts";
import type { Resource, Stage } from "./resource.ts";
import { stagesOf } from "./stages.ts";
import type { Target } from "./target.ts";

/** A deployment by the real gcloud to a stub of Google's APIs. No request reaches Google. */
export interface Rehearsal {
  stub: Stub;
  deployment: Deployment;
  stages: readonly Stage[];
  /** Creates every resource without reading it first, as the script does. */
  createAll(): Promise<void>;
  /** Deploys, or only reports the differences. */
  run(options?: { checkOnly?: boolean; title?: string }): Promise<ResourceOutcome[]>;
  gcloud: Apply["gcloud"];
  close(): void;
}

export interface RehearsalOptions {
  /** The functions that are deployed. Absent: all. */
  functions?: readonly string[];
  /** True: one resource of each kind, because each costs a second. */
  oneOfEach?: boolean;
  /** True: two of all indexes, because Firestore accepts one after the other. */
  fewIndexes?: boolean;
  /** Host and port of a Pub/Sub emulator in place of the stub. Absent: the stub. */
  pubsub?: string;
}

/** The target of every rehearsal. */
export const REHEARSED: Target = {
  project: "demo-pulsecart",
  region: "europe-west1",
  prefix: "dev-",
  settings: { MAIL_FROM: "Shop <shop@shop.example>", ADMIN_EMAIL: "admin@shop.example" },
};

/** Returns the reason why this machine cannot rehearse; undefined when it can. */
export function missingGcloud(): string | undefined {
  try {
    execFileSync("gcloud", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "gcloud is not installed: see https://cloud.google.com/sdk/docs/install";
  }
}

/** Starts a stub and prepares a deployment to it. */
export async function startRehearsal(options: RehearsalOptions = {}): Promise<Rehearsal> {
  const { functions, oneOfEach = false, fewIndexes = false, pubsub } = options;
  const stub = await startGoogleStub(pubsub === undefined ? {} : { pubsub });
  const folder = mkdtempSync(join(tmpdir(), "pulsecart-gcloud-"));
  writeFileSync(join(folder, "package.json"), "{}");
  const gcloud = createGcloud(environmentIn(folder, stub), []);
  const values = new Map<ValueName, string>();
  const value: Deployment["value"] = name => values.get(name) ?? `$${name}`;
  const whole = await prepare(REHEARSED);
  const isWanted = (name: string) => functions === undefined || functions.includes(name);
  const declarations = whole.declarations.filter(({ name }) => isWanted(name));
  const deployment: Deployment = {
    ...whole,
    sourceOf: () => folder,
    sourceHash: () => "rehearsed",
    declarations,
    indexes: fewIndexes ? someOf(whole.indexes) : whole.indexes,
    plan: planOf(declarations),
    needs: new Map([...whole.needs].filter(([name]) => isWanted(name))),
    value,
  };
  const stages = oneOfEach ? stagesOf(deployment).map(onlyOneOfEach) : stagesOf(deployment);
  return {
    stub,
    deployment,
    stages,
    gcloud,
    createAll: () => createAll(stages, { gcloud, values }),
    run: ({ checkOnly = false, title } = {}) =>
      applyStages(
        stages.filter(stage => title === undefined || stage.title === title),
        { gcloud, values, checkOnly, report: () => undefined },
      ),
    close: () => {
      stub.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function someOf({ composite, exempt, fields, expiring }: Indexes): Indexes {
  const list = fields.filter(({ kind }) => kind === "contains");
  return {
    composite: composite.slice(0, 2),
    exempt: exempt.slice(0, 2),
    fields: [...fields.slice(0, 2), ...list],
    expiring: expiring.slice(0, 1),
  };
}

async function createAll(
  stages: readonly Stage[],
  { gcloud, values }: { gcloud: Apply["gcloud"]; values: Map<ValueName, string> },
): Promise<void> {
  const semaphore = createSemaphore(AT_ONCE);
  for (const { variables = [], resources } of stages) {
    await Promise.all(
      variables.map(({ name, args }) =>
        semaphore.run(async () => values.set(name, (await gcloud({ args })).trim())),
      ),
    );
    // Resources of one queue are created one after the other: their service refuses two changes at once.
    const queues = Map.groupBy(resources(), ({ queue, name }) => queue ?? name);
    const createEach = async (queue: readonly Resource[]) => {
      for (const command of queue.flatMap(({ create }) => create)) await semaphore.run(() => gcloud(command));
    };
    await Promise.all([...queues.values()].map(createEach));
  }
}

/** Returns the environment of a fresh gcloud, with a worthless token. */
function environmentIn(folder: string, stub: Stub): NodeJS.ProcessEnv {
  const token = join(folder, "token");
  writeFileSync(token, "no-token");
  return {
    // The script that closes the database calls gcloud, and runs on the same Node.
    PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}`,
    HOME: folder,
    CLOUDSDK_CONFIG: folder,
    CLOUDSDK_AUTH_ACCESS_TOKEN_FILE: token,
    CLOUDSDK_CORE_PROJECT: REHEARSED.project,
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "true",
    SMTP_URL: "smtps://user:password@mail.shop.example:465",
    ...stub.environment,
  };
}

function onlyOneOfEach(stage: Stage): Stage {
  const kindOf = ({ kind, name }: Resource) => {
    if (kind === "policy") return `${kind} ${name.split(" ")[0]}`;
    return kind === "function" || kind === "secret" ? name : kind;
  };
  return {
    ...stage,
    resources: () => {
      const all = stage.resources();
      return all.filter((one, index) => all.findIndex(other => kindOf(other) === kindOf(one)) === index);
    },
  };
}
