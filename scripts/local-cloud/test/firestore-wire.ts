import type { Readable } from "node:stream";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { ListenRequest, ListenResponse } from "../firestore/documents/messages.ts";
import { loadService } from "../grpc/services.ts";

/** A Listen stream as it is on the wire. */
export interface RawListener {
  send(request: ListenRequest): void;
  /**
   * Resolves with the responses since the last call, once they hold a change of targets of this type.
   * @throws Error when the stream fails
   */
  until(type: string): Promise<ListenResponse[]>;
  close(): void;
}

/** Makes one call and returns all responses. */
export function callFirestore(
  host: string,
  method: string,
  request: object,
): Promise<Array<Record<string, unknown>>> {
  const client = new Client(host, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = definitionOf(method);
  const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  return stream.toArray().finally(() => client.close());
}

export function openRawListener(host: string, database: string): RawListener {
  const client = new Client(host, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = definitionOf("Listen");
  const metadata = new Metadata();
  // Google's emulator takes the database from this header.
  metadata.set("google-cloud-resource-prefix", database);
  const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
  const responses = new ResponseLog(stream);
  return {
    send: request => stream.write({ database, ...request }),
    until: type => responses.until(type),
    close() {
      stream.cancel();
      client.close();
    },
  };
}

/** The responses of a stream that no `until` has returned yet. */
class ResponseLog {
  #received: ListenResponse[] = [];
  #failure: Error | undefined;
  #check = (): void => undefined;

  constructor(stream: Readable) {
    stream.on("data", (response: ListenResponse) => {
      this.#received.push(response);
      this.#check();
    });
    stream.on("error", error => {
      this.#failure = error;
      this.#check();
    });
  }

  until(type: string): Promise<ListenResponse[]> {
    return new Promise((resolve, reject) => {
      this.#check = () => {
        if (this.#failure) reject(this.#failure);
        if (!this.#received.some(response => isChange(response, type))) return;
        resolve(this.#received);
        this.#received = [];
        this.#check = () => undefined;
      };
      this.#check();
    });
  }
}

/** Tells whether a response is a change of targets of this type. Google's emulator omits the default type. */
function isChange({ targetChange }: ListenResponse, type: string): boolean {
  return targetChange !== undefined && (targetChange.targetChangeType ?? "NO_CHANGE") === type;
}

function definitionOf(method: string) {
  const definition = loadService("firestore")[method];
  if (!definition) throw new Error(`Firestore's descriptors lack the method ${method}`);
  return definition;
}
