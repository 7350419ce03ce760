import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { ServiceDefinition } from "@grpc/proto-loader";
import { fromJSON } from "@grpc/proto-loader";

/** The descriptor file inside each official client's package, and the service that an emulator serves. */
const services = {
  firestore: {
    package: "@google-cloud/firestore",
    file: "build/protos/v1.json",
    service: "google.firestore.v1.Firestore",
  },
  publisher: {
    package: "@google-cloud/pubsub",
    file: "build/protos/protos.json",
    service: "google.pubsub.v1.Publisher",
  },
  subscriber: {
    package: "@google-cloud/pubsub",
    file: "build/protos/protos.json",
    service: "google.pubsub.v1.Subscriber",
  },
  tasks: {
    package: "@google-cloud/tasks",
    file: "build/protos/protos.json",
    service: "google.cloud.tasks.v2.CloudTasks",
  },
  scheduler: {
    package: "@google-cloud/scheduler",
    file: "build/protos/protos.json",
    service: "google.cloud.scheduler.v1.CloudScheduler",
  },
} as const;

/**
 * Loads the gRPC definition of a service from the installed client's own descriptors. The emulator therefore speaks
 * exactly its client's protocol, and no copy can go stale. Messages arrive as plain objects: camelCase names, int64 as
 * strings, enums as names, absent oneofs left out.
 * @throws Error when the client is not installed, or its descriptors lack the service
 */
export function loadService(name: keyof typeof services): ServiceDefinition {
  const { package: packageName, file, service } = services[name];
  const path = join(packageFolder(packageName), file);
  const descriptors = JSON.parse(readFileSync(path, "utf8"));
  const loaded = fromJSON(descriptors, {
    longs: String,
    enums: String,
    defaults: false,
    oneofs: true,
    bytes: Buffer,
  });
  const definition = loaded[service];
  if (!definition) {
    throw new Error(`${path} lacks ${service}: install the version in package.json with npm ci`);
  }
  return definition as ServiceDefinition;
}

/** Finds a package's folder. Its export map hides the descriptors from import, not from the file system. */
function packageFolder(name: string): string {
  const entry = createRequire(import.meta.url).resolve(name);
  const marker = join("node_modules", ...name.split("/"));
  const end = entry.lastIndexOf(marker);
  if (end < 0) throw new Error(`${name} is not installed: run npm ci`);
  return entry.slice(0, end + marker.length);
}
