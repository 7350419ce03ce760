import type { Deployment } from "./deployment.ts";
import { bindingsIn, policy, policyIn } from "./policy.ts";
import type { Resource } from "./resource.ts";
import type { Target } from "./target.ts";
import {
  accountEmail,
  accountId,
  BUILD,
  databaseId,
  INVOKER,
  inProject,
  memberOf,
  pubsubAgentMember,
} from "./target.ts";

/** The roles that building a function needs: https://cloud.google.com/functions/docs/securing/build-custom-sa */
const BUILD_ROLES = [
  "roles/logging.logWriter",
  "roles/artifactregistry.writer",
  "roles/storage.objectViewer",
];

/** Returns one account for each function, one that calls the functions and one that builds them. */
export function accountResources({ target, needs }: Deployment): Resource[] {
  return [
    account(target, INVOKER, "Pub/Sub, Cloud Tasks and Cloud Scheduler call functions as this account."),
    account(target, BUILD, "Cloud Build builds the functions as this account."),
    ...[...needs.keys()].map(name => ({
      ...account(target, name, `The function ${name} runs as this account.`),
      functionName: name,
    })),
  ];
}

function account(target: Target, name: string, why: string): Resource {
  const id = accountId(target, name);
  const email = accountEmail(target, name);
  return {
    kind: "service account",
    name: id,
    why,
    read: {
      args: ["iam", "service-accounts", "list", ...inProject(target)],
      find: answer => (Array.isArray(answer) ? answer.find(one => Object(one).email === email) : undefined),
    },
    wanted: { displayName: `PulseCart ${name}` },
    create: [
      {
        args: [
          ...["iam", "service-accounts", "create", id, `--display-name=PulseCart ${name}`],
          ...inProject(target),
        ],
      },
    ],
    update: () => [
      {
        args: [
          ...["iam", "service-accounts", "update", email, `--display-name=PulseCart ${name}`],
          ...inProject(target),
        ],
      },
    ],
    remove: () => [{ args: ["iam", "service-accounts", "delete", email, ...inProject(target)] }],
  };
}

/** Returns the policy of the invoker: functions that create tasks may act as it, and Pub/Sub may make its tokens. */
export function invokerPolicy({ target, needs, value }: Deployment): Resource {
  const creators = [...needs]
    .filter(([, { createsTasks }]) => createsTasks)
    .map(([name]) => memberOf(target, name));
  return policy({
    of: `service account ${accountId(target, INVOKER)}`,
    why: "A task calls as the invoker, so a function that creates tasks must be allowed to act as it. Pub/Sub makes its tokens.",
    group: ["iam", "service-accounts"],
    target: [accountEmail(target, INVOKER), ...inProject(target)],
    bindings: [
      { role: "roles/iam.serviceAccountUser", members: creators },
      {
        role: "roles/iam.serviceAccountOpenIdTokenCreator",
        members: [pubsubAgentMember(value("PROJECT_NUMBER"))],
      },
    ],
  });
}

/** Creates Google's own account for Pub/Sub, before later steps give it rights. */
export function pubsubAgent(target: Target): Resource {
  const args = [
    "beta",
    "services",
    "identity",
    "create",
    "--service=pubsub.googleapis.com",
    ...inProject(target),
  ];
  return {
    kind: "service agent",
    name: "pubsub",
    why: "Google's own account for Pub/Sub in this project. Later steps give it rights.",
    // No command lists service agents. The project's policy names an existing one; creating it again changes nothing.
    read: { args: ["projects", "get-iam-policy", target.project], find: agentIn },
    wanted: {},
    create: [{ args }],
  };
}

const agentIn = (answer: unknown) =>
  JSON.stringify(answer ?? "").includes("gcp-sa-pubsub.iam.gserviceaccount.com") ? {} : undefined;

/** Returns the rights in the whole project. Google offers no smaller scope for them. */
export function projectBindings({ target, needs }: Deployment): Resource[] {
  const building = BUILD_ROLES.map(role =>
    projectBinding(target, {
      role,
      account: BUILD,
      why: "Building a function writes its log and its image and reads its source.",
    }),
  );
  const documents = [...needs].flatMap(([name, { firestore }]) =>
    firestore === "none"
      ? []
      : [
          {
            ...projectBinding(target, {
              role: firestore === "writes" ? "roles/datastore.user" : "roles/datastore.viewer",
              account: name,
              why: `${name} ${firestore} documents, in this PulseCart's database only.`,
              database: databaseId(target),
            }),
            functionName: name,
          },
        ],
  );
  return [...building, ...documents];
}

interface WantedBinding {
  role: string;
  account: string;
  why: string;
  database?: string;
}

function projectBinding(target: Target, { role, account: name, why, database }: WantedBinding): Resource {
  const { project } = target;
  const member = memberOf(target, name);
  const expression = `resource.name=="projects/${project}/databases/${database}"`;
  // https://cloud.google.com/firestore/docs/manage-databases#configure_per_database_access_permissions
  const condition =
    database === undefined
      ? "--condition=None"
      : `--condition=expression=${expression},title=${databaseTitle(database)}`;
  const change = (verb: string) => [
    {
      args: [
        "projects",
        `${verb}-iam-policy-binding`,
        project,
        `--member=${member}`,
        `--role=${role}`,
        condition,
      ],
    },
  ];
  const has = (answer: unknown) =>
    bindingsIn(policyIn(answer)).find(
      binding =>
        binding.role === role &&
        binding.members.includes(member) &&
        (Object(binding.condition ?? {}).expression ?? "") === (database === undefined ? "" : expression),
    );
  return {
    kind: "project binding",
    name: `${role} of ${accountId(target, name)}`,
    why,
    read: { args: ["projects", "get-iam-policy", project], find: answer => has(answer) && {} },
    wanted: {},
    create: change("add"),
    remove: () => change("remove"),
    queue: "project policy",
  };
}

const databaseTitle = (database: string) => (database === "(default)" ? "default-database" : database);
