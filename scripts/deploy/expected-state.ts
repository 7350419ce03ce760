/** One value that a service must hold after a deployment, with its source. */
export interface Expected {
  /** The key of the resource in the stub. */
  of: string;
  field: string;
  is: unknown;
  source: string;
}

const P = "projects/demo-pulsecart";
const R = `${P}/locations/europe-west1`;
const DB = `firestore/${P}/databases/dev-pulsecart`;
const URL = "https://europe-west1-demo-pulsecart.cloudfunctions.net";
const email = (name: string) => `dev-pulsecart-${name}@demo-pulsecart.iam.gserviceaccount.com`;
const AGENT = "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com";
const members = (...names: string[]) => names.map(name => `serviceAccount:${email(name)}`);

const rowsOf = (of: string, rows: readonly (readonly [string, unknown, string])[]): Expected[] =>
  rows.map(([field, is, source]) => ({ of, field, is, source }));

/** The source of values that PulseCart's own design determines. */
const DESIGN = "the design";
const FUNCTION = "https://cloud.google.com/functions/docs/reference/rest/v2/projects.locations.functions";
const SUBSCRIPTION = "https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions";
const QUEUES = "https://cloud.google.com/tasks/docs/reference/rest/v2/projects.locations.queues";
const JOBS = "https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs";
const FIELDS =
  "https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.collectionGroups.fields";

const messaging: Expected[] = [
  ...rowsOf(`pubsub/${P}/subscriptions/dev-pulsecart.orders.commerce-events.*`, [
    [
      "topic",
      `${P}/topics/dev-pulsecart.commerce-events`,
      `${DESIGN}: one per reaction, topic and processing`,
    ],
    ["enableMessageOrdering", true, `${DESIGN}: ordered per subject; ${SUBSCRIPTION}: cannot be changed`],
    ["ackDeadlineSeconds", 60, `${DESIGN}: the function's timeout`],
    [
      "retryPolicy",
      { minimumBackoff: "10s", maximumBackoff: "600s" },
      `${SUBSCRIPTION}#retrypolicy: 600 s at most`,
    ],
    ["deadLetterPolicy.deadLetterTopic", `${P}/topics/dev-pulsecart.dead-letters`, DESIGN],
    ["deadLetterPolicy.maxDeliveryAttempts", 100, `${DESIGN}; ${SUBSCRIPTION}#deadletterpolicy: 5 to 100`],
    ["messageRetentionDuration", "604800s", `${SUBSCRIPTION}: one week, the default`],
    [
      "expirationPolicy",
      {},
      `${SUBSCRIPTION}#expirationpolicy: an empty policy means never; the default is 31 days`,
    ],
    ["pushConfig.pushEndpoint", `${URL}/dev-orders`, "the function's address"],
    ["pushConfig.oidcToken.serviceAccountEmail", email("invoker"), `${DESIGN}: caller authentication`],
    ["pushConfig.oidcToken.audience", `${URL}/dev-orders`, `${DESIGN}: the function checks its audience`],
  ]),
  ...rowsOf(`pubsub/${P}/subscriptions/dev-pulsecart.orders.commerce-events.*#policy`, [
    [
      "bindings",
      [{ role: "roles/pubsub.subscriber", members: [AGENT] }],
      "https://cloud.google.com/pubsub/docs/handling-failures#grant_forwarding_permissions",
    ],
  ]),
  ...rowsOf(`pubsub/${P}/topics/dev-pulsecart.user-actions#policy`, [
    [
      "bindings",
      [{ role: "roles/pubsub.publisher", members: members("orders", "sweep") }],
      "https://cloud.google.com/pubsub/docs/access-control: publish, and nothing else",
    ],
  ]),
  ...rowsOf(`cloudtasks/${R}/queues/dev-send-mail`, [
    ["retryConfig.maxAttempts", -1, `${DESIGN}: queues retry without limit; ${QUEUES}: -1 is unlimited`],
    ["retryConfig.maxBackoff", "3600s", QUEUES],
    ["rateLimits.maxDispatchesPerSecond", 500, `${QUEUES}: 500 at most`],
    ["rateLimits.maxConcurrentDispatches", 20, "mail servers take few connections at once"],
  ]),
  ...rowsOf(`cloudtasks/${R}/queues/dev-send-mail#policy`, [
    [
      "bindings",
      [{ role: "roles/cloudtasks.enqueuer", members: members("send-mail", "orders", "sweep") }],
      "https://cloud.google.com/tasks/docs/reference-access-control",
    ],
  ]),
  ...rowsOf(`cloudscheduler/${R}/jobs/dev-sweep`, [
    ["schedule", "* * * * *", "functions/schedules/sweep.ts"],
    [
      "timeZone",
      "Etc/UTC",
      `${DESIGN}: a day is a UTC day; ${JOBS}: other time zones repeat an hour when clocks are turned back`,
    ],
    ["httpTarget.uri", `${URL}/dev-sweep`, "the function's address"],
    ["httpTarget.oidcToken.serviceAccountEmail", email("invoker"), `${DESIGN}: caller authentication`],
    ["httpTarget.oidcToken.audience", `${URL}/dev-sweep`, `${DESIGN}: caller authentication`],
    ["attemptDeadline", "300s", `${JOBS}: 15 s to 30 min; the function's timeout`],
  ]),
];

const functions: Expected[] = [
  ...rowsOf(`cloudfunctions/${R}/functions/dev-orders`, [
    ["buildConfig.runtime", "nodejs24", "https://cloud.google.com/functions/docs/runtime-support"],
    ["buildConfig.entryPoint", "orders", "the name that the function registers"],
    ["buildConfig.environmentVariables", { GOOGLE_NODE_RUN_SCRIPTS: "" }, "the bundle is built already"],
    [
      "serviceConfig.minInstanceCount",
      1,
      `${DESIGN}: one warm instance for reactions that a client waits for`,
    ],
    ["serviceConfig.maxInstanceRequestConcurrency", 40, FUNCTION],
    ["serviceConfig.availableCpu", "1", `${FUNCTION}: more than one request at a time needs a CPU`],
    ["serviceConfig.timeoutSeconds", 60, "the acknowledgement deadline of its subscriptions"],
    ["serviceConfig.serviceAccountEmail", email("orders"), `${DESIGN}: an account for each function`],
    ["serviceConfig.environmentVariables.CALLER_AUTH", "iam", `${DESIGN}: caller authentication`],
    ["serviceConfig.environmentVariables.RESOURCE_PREFIX", "dev-", "shared/config.ts"],
    ["serviceConfig.secretEnvironmentVariables", undefined, "orders reads no secret"],
  ]),
  ...rowsOf(`cloudfunctions/${R}/functions/dev-send-mail`, [
    ["serviceConfig.minInstanceCount", 0, "no client waits for a timer"],
    ["serviceConfig.timeoutSeconds", 540, "Cloud Tasks waits ten minutes by default"],
    [
      "serviceConfig.secretEnvironmentVariables[0].secret",
      "dev-pulsecart-smtp-url",
      "shared/mail/mail-config.ts",
    ],
    [
      "serviceConfig.secretEnvironmentVariables[0].version",
      "1",
      "a number, so a rollback restores its own version",
    ],
    [
      "serviceConfig.environmentVariables.MAIL_FROM",
      "Shop <shop@shop.example>",
      "shared/mail/mail-config.ts",
    ],
    [
      "serviceConfig.environmentVariables.PUBLIC_URL",
      `${URL}/dev-mail-preferences`,
      "the address in the links of mails",
    ],
    ["serviceConfig.environmentVariables.SMTP_URL", undefined, "a secret is never a plain setting"],
  ]),
  ...rowsOf(`run/${R}/services/dev-send-mail#policy`, [
    [
      "bindings",
      [{ role: "roles/run.invoker", members: members("invoker") }],
      "https://cloud.google.com/functions/docs/securing/authenticating: the invoker alone may call it",
    ],
  ]),
  ...rowsOf(`iam/${P}/serviceAccounts/${email("invoker")}#policy`, [
    [
      "bindings",
      [
        { role: "roles/iam.serviceAccountUser", members: members("send-mail", "orders", "sweep") },
        { role: "roles/iam.serviceAccountOpenIdTokenCreator", members: [AGENT] },
      ],
      "https://cloud.google.com/tasks/docs/creating-http-target-tasks; https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions",
    ],
  ]),
  ...rowsOf(`secretmanager/${P}/secrets/dev-pulsecart-smtp-url#policy`, [
    [
      "bindings",
      [{ role: "roles/secretmanager.secretAccessor", members: members("send-mail") }],
      "https://cloud.google.com/functions/docs/configuring/secrets",
    ],
  ]),
];

const database: Expected[] = [
  ...rowsOf(DB, [
    ["type", "FIRESTORE_NATIVE", "https://cloud.google.com/firestore/docs/firestore-or-datastore"],
    ["locationId", "europe-west1", "--region"],
    [
      "deleteProtectionState",
      "DELETE_PROTECTION_ENABLED",
      "https://cloud.google.com/firestore/docs/manage-databases",
    ],
    [
      "pointInTimeRecoveryEnablement",
      "POINT_IN_TIME_RECOVERY_ENABLED",
      "https://cloud.google.com/firestore/docs/pitr",
    ],
  ]),
  ...rowsOf(`${DB}/collectionGroups/ledger/fields/*`, [
    ["indexConfig", { indexes: [] }, `${DESIGN}: no automatic indexes; ${FIELDS}: * is any field`],
  ]),
  ...rowsOf(`${DB}/collectionGroups/__default__/fields/*`, [
    [
      "indexConfig",
      {
        indexes: [
          { fields: [{ order: "ASCENDING" }], queryScope: "COLLECTION" },
          { fields: [{ order: "DESCENDING" }], queryScope: "COLLECTION" },
          { fields: [{ arrayConfig: "CONTAINS" }], queryScope: "COLLECTION" },
        ],
      },
      `https://cloud.google.com/firestore/docs/query-data/index-overview#automatic_indexing; ${FIELDS}: the default`,
    ],
  ]),
  ...rowsOf(`${DB}/collectionGroups/ledger/fields/expires_at`, [
    ["ttlConfig", { state: "ACTIVE" }, `${FIELDS}#ttlconfig`],
  ]),
  ...rowsOf(`${DB}/backupSchedules/*`, [
    ["retention", "1209600s", "https://cloud.google.com/firestore/docs/backups: 14 weeks at most"],
    ["dailyRecurrence", {}, "https://cloud.google.com/firestore/docs/backups"],
  ]),
  ...rowsOf(`firebaserules/${P}/releases/cloud.firestore/dev-pulsecart`, [
    [
      "rulesetName",
      made("string"),
      "https://firebase.google.com/docs/reference/rules/rest/v1/projects.releases",
    ],
  ]),
];

/** Stands for a value that a service generates. */
function made(type: string): { type: string } {
  return { type };
}

const monitoring: Expected[] = [
  ...rowsOf(`monitoring/${P}/notificationChannels/*`, [
    ["labels.email_address", "admin@shop.example", "ADMIN_EMAIL"],
  ]),
  ...rowsOf(`monitoring/${P}/alertPolicies/*`, [
    ["conditions[0].conditionThreshold.thresholdValue", 0, "scripts/deploy/alerts.ts"],
    [
      "conditions[0].conditionThreshold.filter",
      'resource.type="cloud_run_revision" AND metric.type="logging.googleapis.com/user/dev-pulsecart-parked"',
      "https://cloud.google.com/logging/docs/logs-based-metrics: the prefix of user metrics",
    ],
  ]),
];

export const expectedState: readonly Expected[] = [...messaging, ...functions, ...database, ...monitoring];
