import type { ServiceDefinition } from "@grpc/proto-loader";
import type { Write } from "./messages.ts";

/** What Firestore bills: documents that were read, written and deleted. */
export interface Operations {
  reads: number;
  writes: number;
  deletes: number;
  /** Is told the name of each document that is written. */
  onWrite?(document: string): void;
}

/** Of a count or a sum, one read for each thousand entries of its index. */
const ENTRIES_OF_A_READ = 1_000;

/** A message of an answer: it holds a document, or that there is none, or the sums of a query, or none of these. */
interface Answer {
  found?: object;
  missing?: string;
  document?: object;
  result?: { aggregateFields?: Record<string, { integerValue?: string }> };
  transaction?: object;
  readTime?: object;
}

/** The same service, with every document that is read or written counted (https://cloud.google.com/firestore/pricing). */
export function countOperations(definition: ServiceDefinition, counts: Operations): ServiceDefinition {
  const methods = Object.entries(definition).map(([name, method]) => {
    const requestDeserialize = (bytes: Buffer): object => {
      const request: { writes?: Write[] } = method.requestDeserialize(bytes);
      for (const write of request.writes ?? []) {
        if (write.delete !== undefined) counts.deletes += 1;
        else {
          counts.writes += 1;
          counts.onWrite?.(write.update?.name ?? write.transform?.document ?? "");
        }
      }
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

function readsOf({ found, missing, document, result, transaction, readTime }: Answer): number {
  if (found || document || missing !== undefined) return 1;
  // Alone, the time says that a query found nothing, which is one read all the same.
  if (!result) return readTime && !transaction ? 1 : 0;
  const counted = Object.values(result.aggregateFields ?? {}).map(({ integerValue = 0 }) =>
    Number(integerValue),
  );
  return Math.max(1, Math.ceil(Math.max(0, ...counted) / ENTRIES_OF_A_READ));
}
