import { CloudSchedulerClient } from "@google-cloud/scheduler";
import { credentials } from "@grpc/grpc-js";
import { config, functionUrl } from "../../shared/config.ts";
import { pubsub } from "../../shared/google/pubsub.ts";
import { cloudTasks } from "../../shared/google/tasks.ts";
import { LOCAL_MAIL } from "../../shared/mail/mail-config.ts";
import type { Identity } from "../local-cloud/identity.ts";
import type { SmtpService } from "../local-cloud/smtp/smtp.ts";
import type { Plan } from "../plan/plan.ts";
import { applyPlan } from "./apply-plan.ts";
import { FUNCTIONS_PREFIX } from "./gateway.ts";
import { PROJECT } from "./project.ts";
import type { LocalServices } from "./services.ts";

/** Creates the planned topics, subscriptions, queues and jobs in the services. */
export async function applyPlanLocally(plan: Plan, { hosts, status }: LocalServices): Promise<void> {
  const { projectId, region, invokerEmail } = config();
  const [apiEndpoint = "", port = ""] = hosts.scheduler.split(":");
  const sslCreds = credentials.createInsecure();
  const scheduler = new CloudSchedulerClient({ projectId, apiEndpoint, port: Number(port), sslCreds });
  const backlogs = new Map(status().undelivered.map(({ name, undelivered }) => [name, undelivered]));
  const undelivered = (name: string): number => backlogs.get(name) ?? 0;
  const clients = { pubsub: await pubsub(), tasks: await cloudTasks(), scheduler };
  await applyPlan(plan, { ...clients, projectId, region, invokerEmail, functionUrl, undelivered });
  await scheduler.close();
}

/** Returns the environment that a deployment would give to a function. */
export function environmentOf(
  port: number,
  identity: Identity,
  { hosts }: LocalServices,
): Record<string, string> {
  return {
    GCP_PROJECT_ID: PROJECT,
    FUNCTION_URL: `http://127.0.0.1:${port}${FUNCTIONS_PREFIX}{name}`,
    CALLER_AUTH: "verify",
    CALLER_AUTH_KEYS: JSON.stringify(identity.jwks),
    METADATA_SERVER_DETECTION: "none", // otherwise the clients look for Google's metadata server
    FIRESTORE_EMULATOR_HOST: hosts.firestore,
    PUBSUB_EMULATOR_HOST: hosts.pubsub,
    CLOUD_TASKS_EMULATOR_HOST: hosts.tasks,
  };
}

/** The sender's postal address on a local machine. An environment with the variable, also an empty one, wins. */
const EXAMPLE_ADDRESS = "PulseCart, 1 Example Street, Springfield";

/** Returns the mail settings of the functions. They replace those of the caller's environment, so no mail leaves the machine. */
export function mailEnvironment(url: string, { host }: SmtpService): Record<string, string> {
  const address = process.env["MAIL_POSTAL_ADDRESS"] ?? EXAMPLE_ADDRESS;
  return { ...LOCAL_MAIL, SMTP_URL: `smtp://${host}`, PUBLIC_URL: url, MAIL_POSTAL_ADDRESS: address };
}
