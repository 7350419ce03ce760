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
  /** @returns the answer in its wire form */
  send(prepared: Buffer): Promise<Buffer>;
  idsOf(answer: Buffer): string[];
  close(): void;
}

/**
 * Opens one HTTP/2 connection that publishes prepared requests and leaves answers in their wire form. The official
 * client spends more time per message than either server. With that client the rate would be the client's.
 */
export function connectPublisher(host: string): PublisherConnection {
  const { path, requestSerialize, responseDeserialize } = loadService("publisher")[
    "Publish"
  ] as MethodDefinition<PublishRequest, { messageIds: string[] }>;
  const session = connect(`http://${host}`);
  // An error of the connection also ends its requests, and each request reports it.
  session.on("error", () => undefined);
  return {
    prepare: request => frameOf(requestSerialize(request)),
    send: prepared => send(session, path, prepared),
    idsOf: answer => responseDeserialize(answer.subarray(HEAD_BYTES)).messageIds,
    close: () => session.close(),
  };
}

/** @throws Error with the gRPC status when it is not OK */
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
    // A refusal has no message: its status is among the headers.
    request.on("response", headers => "grpc-status" in headers && check(headers));
    request.on("trailers", check);
    request.end(prepared);

    function check(headers: Record<string, unknown>): void {
      if (headers["grpc-status"] === "0") resolve(Buffer.concat(chunks));
      else
        reject(
          new Error(
            `Publish failed: expected gRPC status 0, got ${headers["grpc-status"]} ${headers["grpc-message"]}`,
          ),
        );
    }
  });
}
