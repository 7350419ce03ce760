import { parseArgs } from "node:util";
import { UsageError } from "../cli/usage.ts";
import { REQUIRED_SETTINGS, SETTINGS } from "./settings.ts";
import type { Target } from "./target.ts";

export const DEPLOY_HELP = `npm run deploy -- --project P --region R    makes what is missing, changes what differs
  --prefix dev           a PulseCart of its own beside others in the project: its names begin with dev-
  --only NAME            only this function, and what belongs to it alone
  --dry-run              prints the shell script that would make all of it; asks nobody
  --check                says what differs, changes nothing; exit code 1 when something does
  --env-file FILE        where its settings are: MAIL_FROM, ADMIN_EMAIL, PUBLIC_URL, DEFAULT_CURRENCY,
                         ABANDON_AFTER_SECONDS, and for the first time SMTP_URL; else from the environment
  --bigquery-dataset D   keeps every event in BigQuery, too
  --no-build             deploys what dist/ holds already`;

export const DESTROY_HELP = `npm run destroy -- --project P --region R   takes away what does not hold data
  --prefix dev           of the PulseCart whose names begin with dev-
  --with-data P          the database, secrets, topics, subscriptions and queues, too; P again, to be sure
  --dry-run              prints what it would do`;

const options = {
  project: { type: "string" },
  region: { type: "string" },
  prefix: { type: "string" },
  only: { type: "string" },
  "env-file": { type: "string" },
  "bigquery-dataset": { type: "string" },
  "with-data": { type: "string" },
  "dry-run": { type: "boolean", default: false },
  check: { type: "boolean", default: false },
  build: { type: "boolean", default: true },
  help: { type: "boolean", default: false },
} as const;

export interface DeployFlags {
  target: Target;
  only?: string;
  dryRun: boolean;
  check: boolean;
  build: boolean;
  withData: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const PROJECT_ID = /^([a-z][a-z0-9.-]*:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/;
const REGION = /^[a-z]+-[a-z]+\d+$/;
/** With a longer one, names of accounts would lose what tells them apart. */
const PREFIX = /^[a-z][a-z0-9]{0,7}$/;
const DATASET = /^\w{1,1024}$/;

/**
 * Reads the flags of deploy and destroy; undefined where help was asked for.
 * @throws UsageError for what it does not understand
 */
export function flagsIn(
  args: readonly string[],
  readEnvironment: (file?: string) => Environment,
): DeployFlags | undefined {
  const { values } = parsed(args);
  if (values.help) return undefined;
  const { project = "", region = "", prefix, only } = values;
  if (!PROJECT_ID.test(project))
    throw new UsageError("--project takes the id of a project, as gcloud projects list shows it.");
  if (!REGION.test(region)) throw new UsageError("--region takes a region such as europe-west1.");
  if (prefix !== undefined && !PREFIX.test(prefix))
    throw new UsageError("--prefix takes up to eight small letters and digits, a letter first, such as dev.");
  const dataset = values["bigquery-dataset"];
  if (dataset !== undefined && !DATASET.test(dataset))
    throw new UsageError("--bigquery-dataset takes the name of a dataset of this project.");
  const again = values["with-data"];
  if (again !== undefined && again !== project)
    throw new UsageError(
      `--with-data deletes what cannot be got back. To be sure, say: --with-data ${project}`,
    );
  const target: Target = {
    project,
    region,
    prefix: prefix === undefined ? "" : `${prefix}-`,
    settings: settingsIn(readEnvironment(values["env-file"])),
    ...(dataset !== undefined && { bigQueryDataset: dataset }),
  };
  return {
    target,
    ...(only !== undefined && { only }),
    dryRun: values["dry-run"],
    check: values.check,
    build: values.build,
    withData: again !== undefined,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, allowNegative: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function settingsIn(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    SETTINGS.flatMap(name => (environment[name] ? [[name, environment[name]] as const] : [])),
  );
}

/** @throws UsageError that names every setting that is missing at once */
export function refuseMissing({ settings }: Target): void {
  const missing = REQUIRED_SETTINGS.filter(name => !settings[name]);
  if (missing.length > 0)
    throw new UsageError(
      `${missing.join(" and ")}: give it in the environment, or in the file of --env-file.`,
    );
}
