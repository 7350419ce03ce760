import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createSemaphore } from "../cli/semaphore.ts";
import type { Indexes } from "../local-cloud/firestore/index-definitions.ts";
import { planOf } from "../plan/plan.ts";
import type { Apply, Outcome } from "./apply.ts";
import { applyStages } from "./apply.ts";
import type { Deployment, ValueName } from "./deployment.ts";
import { AT_ONCE, createGcloud } from "./gcloud.ts";
import type { Stub } from "./google-stub.ts";
import { startGoogleStub } from "./google-stub.ts";
import { prepare } from "./prepare.ts";
import type { Resource, Stage } from "./resource.ts";
import { stagesOf } from "./stages.ts";
import type { Target } from "./target.ts";

/** A deployment by the real gcloud to a stub of Google's APIs: nothing of it reaches Google. */
export interface Rehearsal {
  stub: Stub;
  deployment: Deployment;
  stages: readonly Stage[];
  /** Makes everything without looking first, as the script does. */
  make(): Promise<void>;
  /** Deploys, or only looks. */
  run(options?: { checkOnly?: boolean; title?: string }): Promise<Outcome[]>;
  gcloud: Apply["gcloud"];
  close(): void;
}

export interface RehearsalOptions {
  /** The functions that are deployed; without it all of them. */
  functions?: readonly string[];
  /** One resource of each kind, and no more: each of them costs a second. */
  oneOfEach?: boolean;
  /** Two of all indexes: Firestore takes one after the other. */
  fewIndexes?: boolean;
  /** host:port of a Pub/Sub that plays its own part. */
  pubsub?: string;
}

export const REHEARSED: Target = {
  project: "demo-pulsecart",
  region: "europe-west1",
  prefix: "dev-",
  settings: { MAIL_FROM: "Shop <shop@shop.example>", ADMIN_EMAIL: "admin@shop.example" },
};

/** Why it cannot be rehearsed here; undefined where it can. */
export function missingGcloud(): string | undefined {
  try {
    execFileSync("gcloud", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "gcloud is not installed: see https://cloud.google.com/sdk/docs/install";
  }
}

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
    make: () => makeAll(stages, { gcloud, values }),
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

function someOf({ composite, fields, expiring }: Indexes): Indexes {
  const list = fields.filter(({ kind }) => kind === "contains");
  return {
    composite: composite.slice(0, 2),
    fields: [...fields.slice(0, 2), ...list],
    expiring: expiring.slice(0, 1),
  };
}

async function makeAll(
  stages: readonly Stage[],
  { gcloud, values }: { gcloud: Apply["gcloud"]; values: Map<ValueName, string> },
): Promise<void> {
  const turns = createSemaphore(AT_ONCE);
  for (const { variables = [], resources } of stages) {
    await Promise.all(
      variables.map(({ name, args }) =>
        turns.run(async () => values.set(name, (await gcloud({ args })).trim())),
      ),
    );
    // One after the other where their service wants it so: a policy is read and written.
    const queues = Map.groupBy(resources(), ({ queue, name }) => queue ?? name);
    const makeEach = async (queue: readonly Resource[]) => {
      for (const command of queue.flatMap(({ create }) => create)) await turns.run(() => gcloud(command));
    };
    await Promise.all([...queues.values()].map(makeEach));
  }
}

/** A gcloud that was never set up, with a token that is good for nothing. */
function environmentIn(folder: string, stub: Stub): NodeJS.ProcessEnv {
  const token = join(folder, "token");
  writeFileSync(token, "no-token");
  return {
    // The tool that closes the database calls gcloud, and is run by the same Node.
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
