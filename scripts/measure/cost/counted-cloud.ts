import { setLogSink } from "../../../shared/log.ts";
import type { HostedFunction } from "../../plan/load-functions.ts";
import { loadFunctions } from "../../plan/load-functions.ts";
import type { LocalRuntime } from "../../start/runtime.ts";
import { startRuntime } from "../../start/runtime.ts";
import type { ServicesOn } from "../../start/services.ts";
import { startServices } from "../../start/services.ts";
import { countAnswers } from "./count-answers.ts";
import { countMessages } from "./count-messages.ts";
import { countStored } from "./count-stored.ts";
import type { Counts, Tally } from "./tally.ts";
import { ALL, createTally } from "./tally.ts";

/** A whole PulseCart on this machine that counts the units that Google bills. */
export interface CountedCloud extends LocalRuntime {
  /** Returns the counts so far, with the bytes that are stored now. */
  counts(): Promise<Counts>;
  /** Counts writes by document, too, while `run` is running. */
  watchingDocuments<Result>(run: () => Promise<Result>): Promise<Result>;
}

const CREATES_OR_DELETES_TASK = /^\/google\.cloud\.tasks\..+\/(Create|Delete)Task$/;

/** Starts a counted PulseCart. The log and environment of a process belong to one counted PulseCart. */
export async function startCountedCloud(load = loadFunctions): Promise<CountedCloud> {
  const tally = createTally();
  setLogSink((severity, message, fields) =>
    tally.add("log bytes", ALL, Buffer.byteLength(JSON.stringify({ severity, message, ...fields }))),
  );
  let isWatching = false;
  const operations = {
    reads: 0,
    writes: 0,
    deletes: 0,
    onWrite(document: string) {
      const [, path = ""] = document.split("/documents/");
      tally.add("documents written", path.split("/")[0] ?? "", 1);
      if (isWatching) tally.add("writes of a document", path, 1);
    },
  };
  let functions: readonly HostedFunction[] = [];
  const runtime = await startRuntime({
    port: 0,
    load: async () => {
      const loaded = await load();
      for (const each of loaded) countAnswers(each, tally);
      functions = loaded;
      return loaded;
    },
    services: on =>
      startServices({
        ...countingTaskCalls(on, tally),
        operations,
        onPublish: countMessages(() => functions.map(({ declaration }) => declaration), tally),
      }),
  });
  return {
    ...runtime,
    counts: () => countsWith(tally, operations),
    async watchingDocuments(run) {
      isWatching = true;
      try {
        return await run();
      } finally {
        isWatching = false;
      }
    },
  };
}

/** Returns the counts so far. The reads of this function itself are not counted. */
async function countsWith(tally: Tally, operations: { reads: number; deletes: number }): Promise<Counts> {
  const { reads, deletes } = operations;
  const { user, system } = process.cpuUsage();
  const stored = await countStored();
  operations.reads = reads;
  return {
    ...tally.counts(),
    "documents read": { [ALL]: reads },
    "documents deleted": { [ALL]: deletes },
    "processor milliseconds": { [ALL]: (user + system) / 1000 },
    ...stored,
  };
}

/** Counts the calls that create or delete tasks. The local cloud passes every call to `ofCall`, which counts. */
function countingTaskCalls(on: ServicesOn, tally: Tally): ServicesOn {
  const { ofCall } = on.faults;
  const counting: typeof ofCall = (path, method) => {
    if (CREATES_OR_DELETES_TASK.test(path)) tally.add("task calls", ALL, 1);
    return ofCall(path, method);
  };
  return { ...on, faults: { ...on.faults, ofCall: counting } };
}
