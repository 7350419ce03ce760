import type { ServiceDefinition } from "@grpc/proto-loader";
import { expect, test } from "@jest/globals";
import { countOperations } from "./operations.ts";

const json = {
  requestDeserialize: (bytes: Buffer): object => JSON.parse(bytes.toString()),
  responseSerialize: (answer: object): Buffer => Buffer.from(JSON.stringify(answer)),
};

test("counts billed operations: writes, deletes, found and missing documents, aggregations", () => {
  const counts = { reads: 0, writes: 0, deletes: 0 };
  const plain = { Commit: json, RunQuery: json } as unknown as ServiceDefinition;
  const { Commit, RunQuery } = countOperations(plain, counts);
  const request = { writes: [{ update: {} }, { delete: "a" }, { update: {} }] };
  expect(Commit?.requestDeserialize(Buffer.from(JSON.stringify(request)))).toEqual(request);
  expect(counts).toEqual({ reads: 0, writes: 2, deletes: 1 });
  const sums = (integerValue: string) => ({ result: { aggregateFields: { count: { integerValue } } } });
  for (const answer of [
    { document: {} },
    { found: {} },
    { missing: "a" },
    { readTime: {} }, // a query without a result
    sums("0"),
    sums("2001"),
  ])
    RunQuery?.responseSerialize(answer);
  expect(counts.reads).toBe(3 + 1 + 1 + 3);
});
