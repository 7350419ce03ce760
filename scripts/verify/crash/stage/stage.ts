import { config, functionUrl } from "../../../../shared/config.ts";
import { cloudTasks } from "../../../../shared/google/tasks.ts";
import { consumer } from "../../../../shared/pipeline/consumer.ts";
import type { HostedFunction } from "../../../plan/load-functions.ts";
import { hostFunction, loadFunctions } from "../../../plan/load-functions.ts";
import type { World } from "../../../test/worlds/world.ts";
import { startWorld } from "../../../test/worlds/world.ts";
import type { ExternalSystem } from "./external-system.ts";
import { startExternalSystem } from "./external-system.ts";
import { declarations } from "./functions.ts";
import type { FunctionProcess } from "./processes.ts";
import { FunctionProcesses } from "./processes.ts";

/** One call of a function, as Pub/Sub, Cloud Tasks or a client makes it. */
export interface Call {
  functionName: string;
  path: string;
  body: object;
  headers?: Readonly<Record<string, string>>;
}

/** The status and text of an answer. Undefined: the process was killed before its answer. */
export type CallAnswer = { status: number; text: string } | undefined;

/**
 * A PulseCart with the functions of functions.ts.
 * This process hosts all of them beside the services, and receives all deliveries of the services. Functions to be
 * killed run in processes of their own.
 */
export interface Stage {
  world: World;
  externalSystem: ExternalSystem;
  processes: FunctionProcesses;
  /** Returns the ids of all events published for one key, by event type. */
  publishedFor(key: string): ReadonlyMap<string, ReadonlySet<string>>;
  /** Calls a function in this process, or in the given one. */
  call(call: Call, at?: FunctionProcess): Promise<CallAnswer>;
  /** Runs `run` while queues deliver nothing. */
  pausing<R>(queues: readonly string[], run: () => Promise<R>): Promise<R>;
  /** Deletes the tasks of queues. */
  purge(queues: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const OBSERVED_TOPIC = "pulsecart.system-events";

/** Starts the services, the external system and all functions. */
export async function openStage(): Promise<Stage> {
  const externalSystem = await startExternalSystem();
  const observed = observeEvents();
  const world = await startWorld(async () => [
    ...(await loadFunctions(["schedules/sweep.ts"])),
    ...Object.values(declarations).map(declare => hostFunction(declare())),
    observed.observer(),
  ]);
  const processes = new FunctionProcesses(world.status(), externalSystem.host);
  return {
    world,
    externalSystem,
    processes,
    publishedFor: observed.publishedFor,
    call: (call, at) => callFunction(world, call, at),
    ...createQueueControl(),
    close: async () => {
      await processes.close();
      await world.close();
      externalSystem.close();
    },
  };
}

/** Collects the ids of published events by key and type. */
function observeEvents(): Pick<Stage, "publishedFor"> & { observer: () => HostedFunction } {
  const published = new Map<string, Map<string, Set<string>>>();
  return {
    publishedFor: key => published.get(key) ?? new Map(),
    observer: () =>
      hostFunction(
        consumer("observer", [{ topic: OBSERVED_TOPIC, filter: "" }], {
          message: async ({ data, attributes: { subject = "" } }) => {
            const { event_type, event_id } = JSON.parse(data.toString("utf8"));
            const types = published.get(subject) ?? new Map<string, Set<string>>();
            published.set(subject, types.set(event_type, (types.get(event_type) ?? new Set()).add(event_id)));
            return { outcome: "done" };
          },
          release: async () => ({ outcome: "not-mine" }),
        }),
      ),
  };
}

async function callFunction(
  { authorization, clock }: World,
  { functionName, path, body, headers = {} }: Call,
  at: FunctionProcess | undefined,
): Promise<CallAnswer> {
  try {
    const url = await (at?.urlOf(functionName) ?? functionUrl(functionName));
    const answer = await fetch(url + path, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: await authorization(functionName),
        "x-clock-ahead-ms": String(clock.now() - Date.now()),
        ...headers,
      },
      body: JSON.stringify(body),
    });
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    if (at) return undefined;
    throw error;
  }
}

type Tasks = Awaited<ReturnType<typeof cloudTasks>>;

/** Pauses and purges queues. A queue with several concurrent pauses resumes after the last one. */
function createQueueControl(): Pick<Stage, "pausing" | "purge"> {
  const pauses = new Map<string, number>();
  const forEachQueue = async (names: readonly string[], act: (tasks: Tasks, name: string) => unknown) => {
    const tasks = await cloudTasks();
    const { projectId, region } = config();
    await Promise.all(names.map(name => act(tasks, tasks.queuePath(projectId, region, name))));
  };
  const count = (names: readonly string[], by: number): string[] => {
    for (const name of names) pauses.set(name, (pauses.get(name) ?? 0) + by);
    return names.filter(name => pauses.get(name) === Math.max(by, 0));
  };
  return {
    async pausing(queues, run) {
      await forEachQueue(count(queues, 1), (tasks, name) => tasks.pauseQueue({ name }));
      try {
        return await run();
      } finally {
        await forEachQueue(count(queues, -1), (tasks, name) => tasks.resumeQueue({ name }));
      }
    },
    purge: queues => forEachQueue(queues, (tasks, name) => tasks.purgeQueue({ name })),
  };
}
