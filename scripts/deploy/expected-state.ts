/** One value that a service must hold after a deployment, and who says so. */
export interface Expected {
  /** As the stub keeps it. */
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

/** What a field is by the design of PulseCart itself. */
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
    ["ackDeadlineSeconds", 60, `${DESIGN}: as long as the function may take`],
    [
      "retryPolicy",
      { minimumBackoff: "10s", maximumBackoff: "600s" },
      `${SUBSCRIPTION}#retrypolicy: 600 s at most`,
    ],
    ["deadLetterPolicy.deadLetterTopic", `${P}/topics/dev-pulsecart.dead-letters`, DESIGN],
    ["deadLetterPolicy.maxDeliveryAttempts", 100, `${DESIGN}; ${SUBSCRIPTION}#deadletterpolicy: 5 to 100`],
    ["messageRetentionDuration", "604800s", `${SUBSCRIPTION}: a week, its own most usual`],
    ["expirationPolicy", {}, `${SUBSCRIPTION}#expirationpolicy: empty is never; its own default is 31 days`],
    ["pushConfig.pushEndpoint", `${URL}/dev-orders`, "the function's address"],
    ["pushConfig.oidcToken.serviceAccountEmail", email("invoker"), `${DESIGN}: the inner doors`],
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
      [{ role: "roles/pubsub.publisher", members: members("orders", "sweep", "send-mail") }],
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
      [{ role: "roles/cloudtasks.enqueuer", members: members("orders", "sweep", "send-mail") }],
      "https://cloud.google.com/tasks/docs/reference-access-control",
    ],
  ]),
  ...rowsOf(`cloudscheduler/${R}/jobs/dev-sweep`, [
    ["schedule", "* * * * *", "functions/schedules/sweep.ts"],
    ["timeZone", "Etc/UTC", `${DESIGN}: a day is a UTC day; ${JOBS}: elsewhere an hour may come twice`],
    ["httpTarget.uri", `${URL}/dev-sweep`, "the function's address"],
    ["httpTarget.oidcToken.serviceAccountEmail", email("invoker"), `${DESIGN}: the inner doors`],
    ["httpTarget.oidcToken.audience", `${URL}/dev-sweep`, `${DESIGN}: the inner doors`],
    ["attemptDeadline", "300s", `${JOBS}: 15 s to 30 min; as long as the function may take`],
  ]),
];

const functions: Expected[] = [
  ...rowsOf(`cloudfunctions/${R}/functions/dev-orders`, [
    ["buildConfig.runtime", "nodejs24", "https://cloud.google.com/functions/docs/runtime-support"],
    ["buildConfig.entryPoint", "orders", "the name that the function registers"],
    ["buildConfig.environmentVariables", { GOOGLE_NODE_RUN_SCRIPTS: "" }, "it is built already"],
    ["serviceConfig.minInstanceCount", 1, `${DESIGN}: a warm instance where somebody waits`],
    ["serviceConfig.maxInstanceRequestConcurrency", 40, FUNCTION],
    ["serviceConfig.availableCpu", "1", `${FUNCTION}: more than one request at a time needs a CPU`],
    ["serviceConfig.timeoutSeconds", 60, "the acknowledgement deadline of its subscriptions"],
    ["serviceConfig.serviceAccountEmail", email("orders"), `${DESIGN}: an account for each function`],
    ["serviceConfig.environmentVariables.CALLER_AUTH", "iam", `${DESIGN}: the inner doors`],
    ["serviceConfig.environmentVariables.RESOURCE_PREFIX", "dev-", "shared/config.ts"],
    ["serviceConfig.secretEnvironmentVariables", undefined, "it reads no secret"],
  ]),
  ...rowsOf(`cloudfunctions/${R}/functions/dev-send-mail`, [
    ["serviceConfig.minInstanceCount", 0, "nobody waits for a timer"],
    ["serviceConfig.timeoutSeconds", 540, "Cloud Tasks waits ten minutes by itself"],
    [
      "serviceConfig.secretEnvironmentVariables[0].secret",
      "dev-pulsecart-smtp-url",
      "shared/mail/mail-config.ts",
    ],
    ["serviceConfig.secretEnvironmentVariables[0].version", "1", "by number: a rollback has its own"],
    [
      "serviceConfig.environmentVariables.MAIL_FROM",
      "Shop <shop@shop.example>",
      "shared/mail/mail-config.ts",
    ],
    [
      "serviceConfig.environmentVariables.PUBLIC_URL",
      `${URL}/dev-mail-preferences`,
      "where the links in mails lead",
    ],
    ["serviceConfig.environmentVariables.SMTP_URL", undefined, "a secret is no setting"],
  ]),
  ...rowsOf(`run/${R}/services/dev-orders#policy`, [
    [
      "bindings",
      [{ role: "roles/run.invoker", members: members("invoker") }],
      "https://cloud.google.com/functions/docs/securing/authenticating: nobody else may call it",
    ],
  ]),
  ...rowsOf(`iam/${P}/serviceAccounts/${email("invoker")}#policy`, [
    [
      "bindings",
      [
        { role: "roles/iam.serviceAccountUser", members: members("orders", "sweep", "send-mail") },
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
  ...rowsOf(`${DB}/collectionGroups/__default__/fields/*`, [
    ["indexConfig", { indexes: [] }, `${DESIGN}: no automatic indexes; ${FIELDS}: the default of all fields`],
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

/** For values that a service makes. */
function made(type: string): { type: string } {
  return { type };
}

const watching: Expected[] = [
  ...rowsOf(`monitoring/${P}/notificationChannels/*`, [
    ["labels.email_address", "admin@shop.example", "ADMIN_EMAIL"],
  ]),
  ...rowsOf(`monitoring/${P}/alertPolicies/*`, [
    ["conditions[0].conditionThreshold.thresholdValue", 0, "scripts/deploy/alerts.ts"],
    [
      "conditions[0].conditionThreshold.filter",
      'resource.type="cloud_run_revision" AND metric.type="logging.googleapis.com/user/dev-pulsecart-parked"',
      "https://cloud.google.com/logging/docs/logs-based-metrics: user metrics begin so",
    ],
  ]),
];

export const expectedState: readonly Expected[] = [...messaging, ...functions, ...database, ...watching];
