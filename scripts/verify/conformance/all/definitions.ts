import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** A node of a client's protobuf descriptors, in the format of protobufjs. */
interface Descriptor {
  nested?: Record<string, Descriptor>;
  fields?: Record<string, unknown>;
  methods?: Record<string, unknown>;
}

const FILES = {
  "google.firestore.v1": ["@google-cloud/firestore", "build/protos/v1.json"],
  "google.pubsub.v1": ["@google-cloud/pubsub", "build/protos/protos.json"],
  "google.cloud.tasks.v2": ["@google-cloud/tasks", "build/protos/protos.json"],
  "google.cloud.scheduler.v1": ["@google-cloud/scheduler", "build/protos/protos.json"],
} as const;

export type ProtoPackage = keyof typeof FILES;

export const PACKAGES = Object.keys(FILES) as ProtoPackage[];

/** Returns the names of a message's fields. */
export const fieldsOf = (protoPackage: ProtoPackage, message: string): string[] =>
  Object.keys(find(protoPackage, message).fields ?? {});

/** Returns the calls of all services of a package, as gRPC paths. */
export function callsOf(protoPackage: ProtoPackage): string[] {
  const { nested = {} } = find(protoPackage, "");
  return Object.entries(nested).flatMap(([service, { methods = {} }]) =>
    Object.keys(methods).map(method => `/${protoPackage}.${service}/${method}`),
  );
}

function find(protoPackage: ProtoPackage, message: string): Descriptor {
  const [name, file] = FILES[protoPackage];
  const entry = createRequire(import.meta.url).resolve(name);
  const folder = entry.slice(0, entry.lastIndexOf(join("node_modules", name)));
  let node: Descriptor = JSON.parse(readFileSync(join(folder, "node_modules", name, file), "utf8"));
  for (const part of `${protoPackage}.${message}`.split(".").filter(Boolean)) {
    const next = node.nested?.[part];
    if (!next)
      throw new Error(`Message unknown: expected a message of ${name}, got ${protoPackage}.${message}`);
    node = next;
  }
  return node;
}
