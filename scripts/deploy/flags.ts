import { matching, optional, projectId, region, text } from "../cli/flag-values.ts";
import type { FlagValues } from "../cli/flags.ts";
import { flag, flagSwitch, flagSwitchOff, flagValues } from "../cli/flags.ts";
import { UsageError } from "../cli/usage.ts";
import { REQUIRED_SETTINGS, SETTINGS } from "./settings.ts";
import type { Target } from "./target.ts";

/** The prefix of a deployment. With more characters, the ids of accounts would have to be cut too short to differ. */
const PREFIX = /^[a-z][a-z0-9]{0,7}$/;

const targetFlags = {
  project: flag(projectId(), { value: "P", about: "the project on Google Cloud" }),
  region: flag(region(), { value: "R", about: "the region of functions and database" }),
  prefix: flag(
    optional(matching(PREFIX, "up to eight small letters and digits, a letter first, such as dev")),
    { value: "dev", about: "one of several PulseCarts in the project: each of its names begins with dev-" },
  ),
  "env-file": flag(optional(text("the name of a file")), {
    value: "FILE",
    about: "reads settings from a file that the environment does not have",
  }),
  "bigquery-dataset": flag(optional(matching(/^\w{1,1024}$/, "the name of a dataset of this project")), {
    value: "D",
    about: "the dataset in BigQuery that every event is written to, too",
  }),
};

/** The command line of `npm run deploy`. */
export const DEPLOY = {
  command: "npm run deploy",
  about:
    "Creates the missing resources of a PulseCart on Google Cloud, and changes the resources that differ.\n" +
    "A second run changes nothing.",
  flags: {
    ...targetFlags,
    only: flag(optional(text("the name of a function")), {
      value: "NAME",
      about: "deploys one function and the resources that belong to it alone",
    }),
    "dry-run": flagSwitch("prints the shell script that creates everything; calls no service"),
    check: flagSwitch("prints the differences and changes nothing; exit code 1 when there are any"),
    build: flagSwitchOff("deploys the functions that dist/ already holds"),
  },
  notes:
    "Settings: MAIL_FROM and ADMIN_EMAIL; SMTP_URL for the first deployment.\n" +
    "Optional settings: PUBLIC_URL, DEFAULT_CURRENCY, ABANDON_AFTER_SECONDS, STOREFRONT_CART_URL.\n" +
    "Without MAIL_POSTAL_ADDRESS no marketing mail is sent.",
};

/** The command line of `npm run destroy`. */
export const DESTROY = {
  command: "npm run destroy",
  about: "Deletes the resources of a PulseCart on Google Cloud that hold no data.",
  flags: {
    ...targetFlags,
    "with-data": flag(optional(text("the project's id again")), {
      value: "P",
      about: "deletes database, secrets, topics, subscriptions and queues, too; P repeats the project's id",
    }),
    "dry-run": flagSwitch("prints the commands and runs none"),
  },
};

type Environment = Readonly<Record<string, string | undefined>>;
type ReadEnvironment = (file?: string) => Environment;

/** The options of a deployment. */
export interface DeployOptions {
  target: Target;
  /** The one function that is deployed. Absent: all. */
  only?: string;
  dryRun: boolean;
  check: boolean;
  build: boolean;
}

/** The options of a removal. */
export interface DestroyOptions {
  target: Target;
  withData: boolean;
  dryRun: boolean;
}

/**
 * Reads the command line of `npm run deploy`.
 * @throws UsageError for an unknown flag or an unusable value, and names every missing setting at once
 */
export function deployOptions(args: readonly string[], readEnvironment: ReadEnvironment): DeployOptions {
  const { only, dryRun, check, build, ...where } = flagValues(DEPLOY, args);
  const target = targetOf(where, readEnvironment);
  refuseMissing(target);
  return { target, only, dryRun, check, build };
}

/**
 * Reads the command line of `npm run destroy`.
 * @throws UsageError for an unknown flag, an unusable value and a project id that is not repeated exactly
 */
export function destroyOptions(args: readonly string[], readEnvironment: ReadEnvironment): DestroyOptions {
  const { withData: repeated, dryRun, ...where } = flagValues(DESTROY, args);
  if (repeated !== undefined && repeated !== where.project)
    throw new UsageError(
      `--with-data invalid: expected ${where.project}, got "${repeated}". Deleted data cannot be restored.`,
    );
  return { target: targetOf(where, readEnvironment), withData: repeated !== undefined, dryRun };
}

function targetOf(
  { project, region, prefix, envFile, bigqueryDataset }: Omit<FlagValues<typeof targetFlags>, "words">,
  readEnvironment: ReadEnvironment,
): Target {
  const environment = readEnvironment(envFile);
  const settings = SETTINGS.flatMap(name => (environment[name] ? [[name, environment[name]] as const] : []));
  return {
    project,
    region,
    prefix: prefix === undefined ? "" : `${prefix}-`,
    settings: Object.fromEntries(settings),
    bigQueryDataset: bigqueryDataset,
  };
}

/** @throws UsageError that names every missing setting at once */
function refuseMissing({ settings }: Target): void {
  const missing = REQUIRED_SETTINGS.filter(name => !settings[name]);
  if (missing.length > 0)
    throw new UsageError(
      `${missing.join(" and ")} missing: set it in the environment or in the file of --env-file.`,
    );
}
