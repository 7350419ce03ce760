import { config, functionUrl } from "../../../shared/config.ts";
import { cloudTasks } from "../../../shared/google/tasks.ts";
import { consumer } from "../../../shared/pipeline/consumer.ts";
import type { HostedFunction } from "../../plan/load-functions.ts";
import { hostFunction, loadFunctions } from "../../plan/load-functions.ts";
import type { World } from "../../test/worlds/world.ts";
import { startWorld } from "../../test/worlds/world.ts";
import { declarations } from "./functions.ts";
import type { Outside } from "./outside.ts";
import { startOutside } from "./outside.ts";
import type { FunctionProcess, Processes } from "./processes.ts";
import { createProcesses } from "./processes.ts";

/** One call of a function, as Pub/Sub, Cloud Tasks or a client makes it. */
export interface Call {
  functionName: string;
  path: string;
  body: object;
  headers?: Readonly<Record<string, string>>;
}

/** What came back: the status and the text. Undefined: nothing, the process is gone. */
export type CallAnswer = { status: number; text: string } | undefined;

/**
 * A PulseCart whose functions are all here, in this process, beside the services; and processes of their own for
 * those that are to be killed. Whatever the services deliver comes here.
 */
export interface Stage {
  world: World;
  outside: Outside;
  processes: Processes;
  /** Everything that was published about somebody: its event ids by type. */
  publishedAbout(key: string): ReadonlyMap<string, ReadonlySet<string>>;
  /** Calls a function here, or in the process given. */
  call(call: Call, at?: FunctionProcess): Promise<CallAnswer>;
  /** Does something while queues deliver nothing. */
  pausing<R>(queues: readonly string[], run: () => Promise<R>): Promise<R>;
  /** Forgets what waits in queues. */
  purge(queues: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

const WITNESSED = "pulsecart.system-events";

export async function openStage(): Promise<Stage> {
  const outside = await startOutside();
  const published = new Map<string, Map<string, Set<string>>>();
  const witness = (): HostedFunction =>
    hostFunction(
      consumer("witness", [{ topic: WITNESSED, filter: "" }], {
        message: async ({ data, attributes: { subject = "" } }) => {
          const { event_type, event_id } = JSON.parse(data.toString("utf8"));
          const types = published.get(subject) ?? new Map<string, Set<string>>();
          published.set(subject, types.set(event_type, (types.get(event_type) ?? new Set()).add(event_id)));
          return { outcome: "done" };
        },
        release: async () => ({ outcome: "not-mine" }),
      }),
    );
  const world = await startWorld(async () => [
    ...(await loadFunctions(["schedules/sweep.ts"])),
    ...Object.values(declarations).map(declare => hostFunction(declare())),
    witness(),
  ]);
  const processes = createProcesses(world.status(), outside.host);
  return {
    world,
    outside,
    processes,
    publishedAbout: key => published.get(key) ?? new Map(),
    call: (call, at) => callFunction(world, call, at),
    ...createQueueKeeper(),
    close: async () => {
      await processes.close();
      await world.close();
      outside.close();
    },
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

/** A queue that was paused for several reasons goes on when none of them is left. */
function createQueueKeeper(): Pick<Stage, "pausing" | "purge"> {
  const reasons = new Map<string, number>();
  const each = async (names: readonly string[], act: (tasks: Tasks, name: string) => unknown) => {
    const tasks = await cloudTasks();
    const { projectId, region } = config();
    await Promise.all(names.map(name => act(tasks, tasks.queuePath(projectId, region, name))));
  };
  const count = (names: readonly string[], by: number): string[] => {
    for (const name of names) reasons.set(name, (reasons.get(name) ?? 0) + by);
    return names.filter(name => reasons.get(name) === Math.max(by, 0));
  };
  return {
    async pausing(queues, run) {
      await each(count(queues, 1), (tasks, name) => tasks.pauseQueue({ name }));
      try {
        return await run();
      } finally {
        await each(count(queues, -1), (tasks, name) => tasks.resumeQueue({ name }));
      }
    },
    purge: queues => each(queues, (tasks, name) => tasks.purgeQueue({ name })),
  };
}
