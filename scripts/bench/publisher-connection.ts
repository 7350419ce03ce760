import type { MethodDefinition } from "@grpc/grpc-js";
import { Client, credentials } from "@grpc/grpc-js";
import { loadService } from "../local/grpc.ts";

interface PublishRequest {
  topic: string;
  messages: ReadonlyArray<{ data: Buffer; attributes: Record<string, string> }>;
}

export interface PublisherConnection {
  prepare(request: PublishRequest): Buffer;
  /** @returns the answer as it came */
  send(prepared: Buffer): Promise<Buffer>;
  idsOf(answer: Buffer): string[];
  close(): void;
}

/**
 * One gRPC connection that publishes what was put into its wire form before, and reads answers later. The
 * official client, which is this and the serialising, spends more on a message than either server does: through
 * it, the number would be the client's.
 */
export function connectPublisher(host: string): PublisherConnection {
  const client = new Client(host, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = loadService("publisher")[
    "Publish"
  ] as MethodDefinition<PublishRequest, { messageIds: string[] }>;
  const asIs = (bytes: Buffer): Buffer => bytes;
  return {
    prepare: requestSerialize,
    send: prepared =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, asIs, asIs, prepared, (error, answer) =>
          answer === undefined ? reject(error) : resolve(answer),
        );
      }),
    idsOf: answer => responseDeserialize(answer).messageIds,
    close: () => client.close(),
  };
}
