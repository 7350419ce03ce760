import type { Declaration } from "../../shared/pipeline/declaration.ts";
import { planOf } from "../plan/plan.ts";
import { REGION } from "./host-environment.ts";

/** A trigger of Google's: the messages of a topic call a function. */
export interface TopicTrigger {
  /** The emulator's name of the trigger. */
  id: string;
  functionName: string;
  topic: string;
}

/**
 * Returns one trigger for each function and topic. PulseCart's own subscriptions have filters, and separate ones for
 * immediate events; triggers have neither.
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
 * Returns the content of `functions.yaml`, from which firebase-tools reads the functions. JSON is YAML.
 * Every function has an HTTP endpoint under its own name, for Cloud Tasks, Cloud Scheduler and clients. Each topic of a
 * function adds one endpoint.
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

/** Reads the triggers from the content of `functions.yaml`. */
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
