import type { ServiceDefinition } from "@grpc/proto-loader";
import type { Write } from "./documents/messages.ts";

/** The operations that Firestore bills: document reads, writes and deletes. */
export interface Operations {
  reads: number;
  writes: number;
  deletes: number;
  /** Called with the name of each written document. */
  onWrite?(document: string): void;
}

/** Index entries that a count or a sum reads for the price of one document read. */
const ENTRIES_PER_READ = 1_000;

/** The billed parts of a response: a document, the absence of one, or the result of an aggregation. */
interface Answer {
  found?: object;
  missing?: string;
  document?: object;
  result?: { aggregateFields?: Record<string, { integerValue?: string }> };
  transaction?: object;
  readTime?: object;
}

/** Wraps a service so that its billed operations are counted (https://cloud.google.com/firestore/pricing). */
export function countOperations(definition: ServiceDefinition, counts: Operations): ServiceDefinition {
  const methods = Object.entries(definition).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer): object => {
      const request: { writes?: Write[] } = method.requestDeserialize(bytes);
      for (const write of request.writes ?? []) countWrite(write, counts);
      return request;
    };
    const responseSerialize = (answer: object): Buffer => {
      counts.reads += readsOf(answer);
      return method.responseSerialize(answer);
    };
    return [name, { ...method, requestDeserialize, responseSerialize }];
  });
  return Object.fromEntries(methods);
}

function countWrite(write: Write, counts: Operations): void {
  if (write.delete !== undefined) {
    counts.deletes += 1;
    return;
  }
  counts.writes += 1;
  counts.onWrite?.(write.update?.name ?? write.transform?.document ?? "");
}

function readsOf({ found, missing, document, result, transaction, readTime }: Answer): number {
  if (found || document || missing !== undefined) return 1;
  // A lone read time is the response of a query that found no document, which costs one read.
  if (!result) return readTime && !transaction ? 1 : 0;
  const counted = Object.values(result.aggregateFields ?? {}).map(({ integerValue = 0 }) =>
    Number(integerValue),
  );
  return Math.max(1, Math.ceil(Math.max(0, ...counted) / ENTRIES_PER_READ));
}
