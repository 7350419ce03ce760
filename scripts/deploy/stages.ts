import { accountResources, invokerPolicy, projectBindings, pubsubAgent } from "./accounts.ts";
import { apiResources } from "./apis.ts";
import { tableResources, tableSubscriptions } from "./bigquery.ts";
import { databaseResources, indexResources } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import { functionResources, invokerBindings } from "./functions.ts";
import { subscriptionPolicies, subscriptionResources, topicPolicies, topicResources } from "./messaging.ts";
import { alertResources, channelVariable, watchResources } from "./monitoring.ts";
import type { Stage, Variable } from "./resource.ts";
import { secretPolicies, secretResources, secretVariables } from "./settings.ts";
import { jobResources, queuePolicies, queueResources } from "./tasks-and-jobs.ts";

/** Returns the whole deployment in the order of its creation. A removal goes the other way round. */
export function stagesOf(deployment: Deployment): Stage[] {
  const { target } = deployment;
  return [
    { title: "APIs", resources: () => apiResources(deployment) },
    { title: "Accounts", resources: () => [...accountResources(deployment), pubsubAgent(target)] },
    {
      title: "Topics and queues",
      resources: () => [...topicResources(deployment), ...queueResources(deployment)],
    },
    { title: "Secrets", resources: () => secretResources(deployment) },
    { title: "Database", resources: () => databaseResources(deployment) },
    { title: "Indexes and expiry", resources: () => indexResources(deployment) },
    {
      title: "Rights",
      variables: [projectNumber(deployment)],
      resources: () => [
        ...projectBindings(deployment),
        invokerPolicy(deployment),
        ...topicPolicies(deployment),
        ...queuePolicies(deployment),
        ...secretPolicies(deployment),
        ...tableResources(deployment),
      ],
    },
    {
      title: "Functions",
      variables: secretVariables(deployment),
      resources: () => functionResources(deployment),
    },
    { title: "Callers", resources: () => invokerBindings(deployment) },
    {
      title: "Subscriptions and schedules",
      resources: () => [
        ...subscriptionResources(deployment),
        ...tableSubscriptions(deployment),
        ...jobResources(deployment),
      ],
    },
    { title: "Dead letters", resources: () => subscriptionPolicies(deployment) },
    { title: "Metrics", resources: () => watchResources(deployment) },
    {
      title: "Alerts",
      variables: [channelVariable(deployment)],
      resources: () => alertResources(deployment),
    },
  ];
}

function projectNumber({ target }: Deployment): Variable {
  return {
    name: "PROJECT_NUMBER",
    why: "The project's number is a part of the names of Google's own accounts.",
    args: ["projects", "describe", target.project, "--format=value(projectNumber)"],
  };
}
