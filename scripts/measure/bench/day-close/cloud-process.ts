// Runs the local cloud in a process of its own, with the state of a folder. The cloud delivers to the instances of
// functions that the parent process names, and counts Firestore's operations.
import { setLogSink } from "../../../../shared/log.ts";
import type { Operations } from "../../../local-cloud/firestore/operations.ts";
import { startRuntime } from "../../../start/runtime.ts";
import { startServices } from "../../../start/services.ts";
import { createInstancePool } from "./instance-pool.ts";

/** The parent's first message. */
export interface CloudSettings {
  /** The folder with the state. */
  data: string;
  /** The port of the local cloud, then one port for each service. */
  own: readonly number[];
  /** The ports of a timer's instances, by the timer's name. */
  ports: Readonly<Record<string, readonly number[]>>;
}

/** The answer to the first message, when the cloud is ready, and to every later message. */
export interface CloudStatus {
  /** Environment variables for functions. */
  environment: Readonly<Record<string, string>>;
  operations: Operations;
}

process.once("message", async ({ data, own, ports }: CloudSettings) => {
  setLogSink((severity, message, fields) => {
    if (severity !== "INFO") process.stdout.write(`${severity} ${message} ${JSON.stringify(fields)}\n`);
  });
  const [port = 0, firestore = 0, pubsub = 0, tasks = 0, scheduler = 0] = own;
  const before = { ...process.env };
  const operations: Operations = { reads: 0, writes: 0, deletes: 0 };
  await startRuntime({
    data,
    port,
    services: on => startServices({ ...on, operations }, { firestore, pubsub, tasks, scheduler }),
    load: async () =>
      Object.entries(ports).map(([name, own]) => ({
        declaration: { kind: "timer", name },
        server: createInstancePool(own),
      })),
  });
  const environment = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value = ""]) =>
      value === before[name] ? [] : [[name, value]],
    ),
  );
  const sendStatus = (): void => void process.send?.({ environment, operations } satisfies CloudStatus);
  process.on("message", sendStatus);
  sendStatus();
});

// The parent process has ended, so no process would end this one.
process.once("disconnect", () => process.exit());
