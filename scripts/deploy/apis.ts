import type { Deployment } from "./deployment.ts";
import type { Resource } from "./resource.ts";
import { inProject } from "./target.ts";

/** Google's services that PulseCart uses, and what for. */
const APIS: Readonly<Record<string, string>> = {
  artifactregistry: "keeps the images of functions",
  cloudbuild: "builds functions",
  cloudfunctions: "runs functions",
  cloudresourcemanager: "says who may do what in the project",
  cloudscheduler: "calls schedules",
  cloudtasks: "calls timers",
  firebaserules: "closes the database to browsers",
  firestore: "keeps documents",
  iam: "has the accounts of functions",
  logging: "keeps logs, and counts in them",
  monitoring: "watches and alerts",
  pubsub: "delivers messages",
  run: "is what functions run on",
  secretmanager: "keeps secrets",
  storage: "takes the source of functions",
};

/** None is ever turned off again: others may use it. */
export function apiResources({ target }: Deployment): Resource[] {
  const wanted = Object.keys(APIS).map(api => `${api}.googleapis.com`);
  const uses = Object.entries(APIS).map(([api, use]) => `${api} ${use}`);
  return [
    {
      kind: "APIs",
      name: target.project,
      why: `Google's services that it uses: ${uses.join("; ")}.`,
      read: {
        args: ["services", "list", "--enabled", ...inProject(target)],
        find: answer => ({ enabled: Array.isArray(answer) ? answer.map(nameIn) : [] }),
      },
      wanted: { enabled: wanted },
      differences: found => {
        const enabled = Array.isArray(found["enabled"]) ? found["enabled"] : [];
        return wanted.filter(api => !enabled.includes(api)).map(api => `${api} is not enabled`);
      },
      // What is enabled already stays so.
      create: [{ args: ["services", "enable", ...wanted, ...inProject(target)] }],
    },
  ];
}

const nameIn = (service: unknown): unknown => Object(Object(service).config).name;
