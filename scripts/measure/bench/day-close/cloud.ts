// The local cloud in a process of its own, with the state of a folder: what it delivers is passed on to the instances of
// functions, which are told to it by its parent, and it counts what it does.
import { setLogSink } from "../../../../shared/log.ts";
import type { Operations } from "../../../local-cloud/firestore/operations.ts";
import { startRuntime } from "../../../start/runtime.ts";
import { startServices } from "../../../start/services.ts";
import { createInstancePool } from "./instance-pool.ts";

export interface CloudWanted {
  data: string;
  /** Where it answers; each of its services on one behind it. */
  own: readonly number[];
  /** By the name of a timer: the ports of its instances. */
  ports: Readonly<Record<string, readonly number[]>>;
}

/** What it says when it is ready, and whenever it is asked again. */
export interface CloudTold {
  /** What functions find in their environment. */
  environment: Readonly<Record<string, string>>;
  operations: Operations;
}

process.once("message", async ({ data, own, ports }: CloudWanted) => {
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
  const tell = (): void => void process.send?.({ environment, operations } satisfies CloudTold);
  process.on("message", tell);
  tell();
});

// Whoever started it is gone: nobody would end it.
process.once("disconnect", () => process.exit());
