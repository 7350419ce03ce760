import type { Client } from "@grpc/grpc-js";
import { credentials, makeClientConstructor } from "@grpc/grpc-js";
import { loadService } from "../grpc.ts";
import type { WireJob } from "./wire.ts";

interface Named {
  name: string;
}

interface Rpcs {
  ListJobs: {
    request: { parent: string; pageSize?: number; pageToken?: string };
    answer: { jobs?: WireJob[]; nextPageToken?: string };
  };
  GetJob: { request: Named; answer: WireJob };
  CreateJob: { request: { parent: string; job: WireJob }; answer: WireJob };
  UpdateJob: { request: { job: WireJob; updateMask?: { paths: string[] } }; answer: WireJob };
  DeleteJob: { request: Named; answer: object };
  PauseJob: { request: Named; answer: WireJob };
  ResumeJob: { request: Named; answer: WireJob };
  RunJob: { request: Named; answer: WireJob };
}

/** Stands in for Cloud Scheduler's official client, which is not installed: one call, and no retries. */
export interface SchedulerClient {
  /** Rejects with grpc-js' ServiceError: `code` and `details`. */
  call<Rpc extends keyof Rpcs>(rpc: Rpc, request: Rpcs[Rpc]["request"]): Promise<Rpcs[Rpc]["answer"]>;
  close(): void;
}

/** Speaks to `host`, as host:port, without TLS. */
export function createSchedulerClient(host: string): SchedulerClient {
  const definition = loadService("scheduler");
  const client: Client = new (makeClientConstructor(definition, "CloudScheduler"))(
    host,
    credentials.createInsecure(),
  );
  return {
    call: (rpc, request) =>
      new Promise((resolve, reject) => {
        const method = definition[rpc];
        if (!method) throw new Error(`scheduler-v1.json has no ${rpc}`);
        client.makeUnaryRequest(
          method.path,
          value => method.requestSerialize(value),
          bytes => method.responseDeserialize(bytes),
          request,
          (error, answer) => (error ? reject(error) : resolve(answer as never)),
        );
      }),
    close: () => client.close(),
  };
}
