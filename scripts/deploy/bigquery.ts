import { topics } from "../../shared/events/catalogue.ts";
import type { Deployment } from "./deployment.ts";
import type { Resource } from "./resource.ts";
import { named } from "./resource.ts";
import type { Target } from "./target.ts";
import { inProject, pubsubAgentMember } from "./target.ts";

/** The columns that Pub/Sub writes: https://cloud.google.com/pubsub/docs/bigquery#write_metadata */
const COLUMNS =
  "subscription_name:STRING,message_id:STRING,publish_time:TIMESTAMP,data:STRING,attributes:STRING";

/** Returns a table for each topic. Partitions by day make old messages cheap to keep and to delete. */
export function tableResources(deployment: Deployment): Resource[] {
  if (deployment.target.bigQueryDataset === undefined) return [];
  return topics.flatMap(topic => [table(topic, deployment), tablePolicy(topic, deployment)]);
}

function table(topic: string, { target }: Deployment): Resource {
  const name = tableOf(target, topic);
  return {
    kind: "table",
    name,
    why: `Keeps every message of ${topic}, without a time limit.`,
    read: {
      program: "bq",
      args: ["show", name],
      find: answer => (answer === undefined ? undefined : {}),
    },
    wanted: {},
    create: [
      {
        program: "bq",
        args: ["mk", "--table", "--time_partitioning_field=publish_time", name, COLUMNS],
      },
    ],
    queue: name,
  };
}

function tablePolicy(topic: string, { target, value }: Deployment): Resource {
  const name = tableOf(target, topic);
  const member = pubsubAgentMember(value("PROJECT_NUMBER"));
  return {
    kind: "policy",
    name: `table ${name}`,
    why: "Pub/Sub's own account writes the table.",
    read: {
      program: "bq",
      args: ["get-iam-policy", name],
      find: answer => (JSON.stringify(answer ?? "").includes("roles/bigquery.dataEditor") ? {} : undefined),
    },
    wanted: {},
    create: [
      {
        program: "bq",
        args: ["add-iam-policy-binding", `--member=${member}`, "--role=roles/bigquery.dataEditor", name],
      },
    ],
    queue: name,
  };
}

/** Returns a subscription for each topic that writes every message to its table, without a function. */
export function tableSubscriptions({ target }: Deployment): Resource[] {
  if (target.bigQueryDataset === undefined) return [];
  return topics.map(topic => {
    // No dot follows `pulsecart`: such a name belongs to no function.
    const name = `${target.prefix}pulsecart-bigquery.${topic.replace(/^pulsecart\./, "")}`;
    const table = tableOf(target, topic).replace(":", ".");
    return {
      kind: "subscription",
      name,
      why: `Writes every message of ${topic} to BigQuery.`,
      read: { args: ["pubsub", "subscriptions", "list", ...inProject(target)], find: named(name) },
      wanted: { bigqueryConfig: { table, writeMetadata: true } },
      create: [
        {
          args: [
            ...["pubsub", "subscriptions", "create", name, `--topic=${target.prefix}${topic}`],
            ...[
              `--bigquery-table=${tableOf(target, topic)}`,
              "--write-metadata",
              "--expiration-period=never",
            ],
            ...inProject(target),
          ],
        },
      ],
      remove: () => [{ args: ["pubsub", "subscriptions", "delete", name, ...inProject(target)] }],
      holdsData: true,
    };
  });
}

/** Returns `project:dataset.table`, the form of bq and gcloud. */
function tableOf({ project, prefix, bigQueryDataset }: Target, topic: string): string {
  const table = `${prefix}${topic.replace(/^pulsecart\./, "")}`.replaceAll("-", "_");
  return `${project}:${bigQueryDataset}.${table}`;
}
