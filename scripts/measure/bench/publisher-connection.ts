import type { ClientHttp2Session } from "node:http2";
import { connect } from "node:http2";
import type { MethodDefinition } from "@grpc/grpc-js";
import { frameOf, HEAD_BYTES } from "../../local-cloud/grpc/frames.ts";
import { loadService } from "../../local-cloud/grpc/services.ts";

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
 * One HTTP/2 connection that publishes what was put into its wire form before, and reads answers later. The
 * official client does the same and, in one process, spends more on a message than either server does: through it,
 * the number would be the client's.
 */
export function connectPublisher(host: string): PublisherConnection {
  const { path, requestSerialize, responseDeserialize } = loadService("publisher")[
    "Publish"
  ] as MethodDefinition<PublishRequest, { messageIds: string[] }>;
  const session = connect(`http://${host}`);
  // Whatever ends the connection ends its requests too, and they tell of it.
  session.on("error", () => undefined);
  return {
    prepare: request => frameOf(requestSerialize(request)),
    send: prepared => send(session, path, prepared),
    idsOf: answer => responseDeserialize(answer.subarray(HEAD_BYTES)).messageIds,
    close: () => session.close(),
  };
}

/** @throws Error with the gRPC status, unless that is OK */
function send(session: ClientHttp2Session, path: string, prepared: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
    });
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", reject);
    // A refusal comes without a message, and with its status among the headers.
    request.on("response", headers => "grpc-status" in headers && check(headers));
    request.on("trailers", check);
    request.end(prepared);

    function check(headers: Record<string, unknown>): void {
      if (headers["grpc-status"] === "0") resolve(Buffer.concat(chunks));
      else reject(new Error(`Publish: status ${headers["grpc-status"]}, ${headers["grpc-message"]}`));
    }
  });
}
