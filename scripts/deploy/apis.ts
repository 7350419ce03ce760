import type { Deployment } from "./deployment.ts";
import type { Resource } from "./resource.ts";
import { inProject } from "./target.ts";

/** Google's services that PulseCart uses, each with its purpose. */
const APIS: Readonly<Record<string, string>> = {
  artifactregistry: "keeps the images of functions",
  cloudbuild: "builds functions",
  cloudfunctions: "runs functions",
  cloudresourcemanager: "manages rights in the project",
  cloudscheduler: "calls schedules",
  cloudtasks: "calls timers",
  firebaserules: "closes the database to browsers",
  firestore: "keeps documents",
  iam: "manages the accounts of functions",
  logging: "keeps logs and counts log lines",
  monitoring: "watches metrics and sends alerts",
  pubsub: "delivers messages",
  run: "is the platform under Cloud Functions",
  secretmanager: "keeps secrets",
  storage: "keeps the source of functions",
};

/** Returns the APIs. A removal leaves them enabled, because other systems may use them. */
export function apiResources({ target }: Deployment): Resource[] {
  const wanted = Object.keys(APIS).map(api => `${api}.googleapis.com`);
  const uses = Object.entries(APIS).map(([api, use]) => `${api} ${use}`);
  return [
    {
      kind: "APIs",
      name: target.project,
      why: `Google's services that PulseCart uses: ${uses.join("; ")}.`,
      read: {
        args: ["services", "list", "--enabled", ...inProject(target)],
        find: answer => ({ enabled: Array.isArray(answer) ? answer.map(nameIn) : [] }),
      },
      wanted: { enabled: wanted },
      differences: found => {
        const enabled = Array.isArray(found["enabled"]) ? found["enabled"] : [];
        return wanted.filter(api => !enabled.includes(api)).map(api => `${api} is not enabled`);
      },
      // Enabling an enabled API changes nothing.
      create: [{ args: ["services", "enable", ...wanted, ...inProject(target)] }],
    },
  ];
}

const nameIn = (service: unknown): unknown => Object(Object(service).config).name;
