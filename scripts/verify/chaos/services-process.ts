// The main file of a process with the local cloud and without functions. Deliveries are forwarded to the processes of the
// functions. The parent process sends the options, and may kill this process at any moment.
import { setLogSink } from "../../../shared/log.ts";
import type { Declaration } from "../../../shared/pipeline/declaration.ts";
import { startGoogleServices } from "../../google/services.ts";
import { declarations } from "../../plan/declarations.ts";
import { startRuntime } from "../../start/runtime.ts";
import type { ServicePorts } from "../../start/services.ts";
import { startServices } from "../../start/services.ts";
import { forwardersFor } from "./forward.ts";
import { createSharedClock } from "./shared-clock.ts";

/** The message from the parent process. */
export interface ServicesProcessOptions {
  /** The port of the gateway. */
  port: number;
  /** The ports of the services. */
  ports: ServicePorts;
  isGoogle: boolean;
  /** The data folder; not used by Google's emulators, which cannot store their state. */
  data: string;
  /** The file of the shared clock. */
  clock: string;
  /** The log file for answers of functions that refused a delivery. */
  answers: string;
  /** Ports by function name. */
  functionPorts: Readonly<Record<string, number>>;
}

/** The message to the parent process when the local cloud is ready. */
export interface ServicesReady {
  /** The environment variables that functions need. */
  environment: Readonly<Record<string, string>>;
  declarations: readonly Declaration[];
}

process.once("message", async (options: ServicesProcessOptions) => {
  setLogSink((severity, message, fields) =>
    process.stdout.write(`${severity} ${message} ${fields["error"] ?? ""}\n`),
  );
  const before = { ...process.env };
  const { functions } = await startRuntime({
    port: options.port,
    data: options.isGoogle ? undefined : options.data,
    clock: keeper => createSharedClock(keeper, options.clock),
    services: on => (options.isGoogle ? startGoogleServices(on) : startServices(on, options.ports)),
    load: async () => {
      const hosted = (await declarations()).filter(({ name }) => name in options.functionPorts);
      return forwardersFor(hosted, options.functionPorts, options.answers);
    },
  });
  const ready: ServicesReady = {
    environment: changesSince(before),
    declarations: functions.map(({ declaration }) => declaration),
  };
  process.send?.(ready);
});

// Without the parent, no other process would end this one.
process.once("disconnect", () => process.exit());

function changesSince(before: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value = ""]) =>
      value === before[name] ? [] : [[name, value]],
    ),
  );
}
