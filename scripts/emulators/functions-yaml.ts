import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { planOf } from "../plan/plan.ts";
import { REGION } from "./host-environment.ts";

/** A trigger of Google's: these messages make this function run. */
export interface TopicTrigger {
  /** What the emulator calls it. */
  id: string;
  functionName: string;
  topic: string;
}

/**
 * One trigger for each topic that a function listens to. Unlike our own subscriptions a trigger has no filter, and
 * messages that somebody waits for have none of their own.
 */
export function triggersOf(declarations: readonly Declaration[]): TopicTrigger[] {
  const pairs = planOf(declarations).subscriptions.map(({ functionName, topic }) => ({
    id: `${functionName}-on-${topic.replace(/^.*\./, "")}`,
    functionName,
    topic,
  }));
  return [...new Map(pairs.map(pair => [pair.id, pair])).values()];
}

/**
 * The functions as firebase-tools reads them from `functions.yaml` beside their code (JSON is YAML): each one over
 * HTTP under its own name, as Cloud Tasks, Cloud Scheduler and people call it, and one more for each topic.
 */
export function functionsYaml(declarations: readonly Declaration[]): string {
  const endpoint = (entryPoint: string, trigger: object) => ({
    platform: "gcfv2",
    region: [REGION],
    entryPoint,
    ...trigger,
  });
  const overHttp = declarations.map(({ kind, name }) => {
    const takesMessages = kind === "reaction" || kind === "consumer";
    return [name, endpoint(takesMessages ? `${name}.calls` : name, { httpsTrigger: {} })];
  });
  const byMessage = triggersOf(declarations).map(({ id, functionName, topic }) => [
    id,
    endpoint(functionName, {
      eventTrigger: {
        eventType: "google.cloud.pubsub.topic.v1.messagePublished",
        eventFilters: { topic },
        retry: false,
      },
    }),
  ]);
  const endpoints = Object.fromEntries([...overHttp, ...byMessage]);
  return `${JSON.stringify({ specVersion: "v1alpha1", endpoints }, null, 2)}\n`;
}

/** The triggers of such a file. */
export function triggersIn(yaml: string): TopicTrigger[] {
  const { endpoints } = JSON.parse(yaml) as { endpoints: Record<string, Endpoint> };
  return Object.entries(endpoints).flatMap(([id, { entryPoint, eventTrigger }]) =>
    eventTrigger ? [{ id, functionName: entryPoint, topic: eventTrigger.eventFilters.topic }] : [],
  );
}

interface Endpoint {
  entryPoint: string;
  eventTrigger?: { eventFilters: { topic: string } };
}
