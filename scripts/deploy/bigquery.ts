import { topics } from "../../shared/events/catalogue.ts";
import type { Deployment } from "./deployment.ts";
import type { Resource } from "./resource.ts";
import { named } from "./resource.ts";
import type { Target } from "./target.ts";
import { inProject, pubsubAgentMember } from "./target.ts";

/** What Pub/Sub writes: https://cloud.google.com/pubsub/docs/bigquery#write_metadata */
const COLUMNS =
  "subscription_name:STRING,message_id:STRING,publish_time:TIMESTAMP,data:STRING,attributes:STRING";

/** A table for each topic; partitions by day make old ones cheap to keep and to delete. */
export function tableResources({ target, value }: Deployment): Resource[] {
  if (target.bigQueryDataset === undefined) return [];
  return topics.flatMap(topic => {
    const table = tableOf(target, topic);
    return [
      {
        kind: "table",
        name: table,
        why: `Every message of ${topic}, for as long as you like.`,
        read: {
          program: "bq" as const,
          args: ["show", table],
          find: answer => (answer === undefined ? undefined : {}),
        },
        wanted: {},
        create: [
          {
            program: "bq" as const,
            args: ["mk", "--table", "--time_partitioning_field=publish_time", table, COLUMNS],
          },
        ],
        queue: table,
      },
      {
        kind: "policy",
        name: `table ${table}`,
        why: "Pub/Sub itself writes the table.",
        read: {
          program: "bq" as const,
          args: ["get-iam-policy", table],
          find: answer =>
            JSON.stringify(answer ?? "").includes("roles/bigquery.dataEditor") ? {} : undefined,
        },
        wanted: {},
        create: [
          {
            program: "bq" as const,
            args: [
              ...["add-iam-policy-binding", `--member=${pubsubAgentMember(value("PROJECT_NUMBER"))}`],
              ...["--role=roles/bigquery.dataEditor", table],
            ],
          },
        ],
        queue: table,
      },
    ] satisfies Resource[];
  });
}

/** Pub/Sub writes every message of each topic of ours to its table, without a function in between. */
export function tableSubscriptions({ target }: Deployment): Resource[] {
  if (target.bigQueryDataset === undefined) return [];
  return topics.map(topic => {
    // Without the dot behind `pulsecart`: it delivers to no function.
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

/** "project:dataset.table", as bq and gcloud take it. */
function tableOf({ project, prefix, bigQueryDataset }: Target, topic: string): string {
  const table = `${prefix}${topic.replace(/^pulsecart\./, "")}`.replaceAll("-", "_");
  return `${project}:${bigQueryDataset}.${table}`;
}
