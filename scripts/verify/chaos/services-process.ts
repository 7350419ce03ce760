// The local cloud in a process of its own, without functions: what it delivers is passed on to theirs. It is told by
// its parent where they are, and killed at any moment.
import { setLogSink } from "../../../shared/log.ts";
import type { Declaration } from "../../../shared/pipeline/declaration.ts";
import { startGoogleServices } from "../../google/services.ts";
import { declarations } from "../../plan/declarations.ts";
import { startRuntime } from "../../start/runtime.ts";
import type { ServicePorts } from "../../start/services.ts";
import { startServices } from "../../start/services.ts";
import { forwardersFor } from "./forward.ts";
import { createSharedClock } from "./shared-clock.ts";

/** What a services process is to be. */
export interface ServicesWanted {
  /** Of the gateway, and of each service. */
  port: number;
  ports: ServicePorts;
  isGoogle: boolean;
  /** Where it keeps its state; Google's emulators cannot. */
  data: string;
  /** The file that tells the time. */
  clock: string;
  /** The file for what functions answer to deliveries when they refuse them. */
  answers: string;
  /** By the name of the function. */
  functionPorts: Readonly<Record<string, number>>;
}

/** What it says when it is ready. */
export interface ServicesTold {
  /** What functions find in their environment. */
  environment: Readonly<Record<string, string>>;
  declarations: readonly Declaration[];
}

process.once("message", async (wanted: ServicesWanted) => {
  setLogSink((severity, message, fields) =>
    process.stdout.write(`${severity} ${message} ${fields["error"] ?? ""}\n`),
  );
  const before = { ...process.env };
  const { functions } = await startRuntime({
    port: wanted.port,
    ...(wanted.isGoogle ? {} : { data: wanted.data }),
    clock: keeper => createSharedClock(keeper, wanted.clock),
    services: on => (wanted.isGoogle ? startGoogleServices(on) : startServices(on, wanted.ports)),
    load: async () => {
      const hosted = (await declarations()).filter(({ name }) => name in wanted.functionPorts);
      return forwardersFor(hosted, wanted.functionPorts, wanted.answers);
    },
  });
  const told: ServicesTold = {
    environment: Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value = ""]) =>
        value === before[name] ? [] : [[name, value]],
      ),
    ),
    declarations: functions.map(({ declaration }) => declaration),
  };
  process.send?.(told);
});

// Whoever started it is gone: nobody would end it.
process.once("disconnect", () => process.exit());
