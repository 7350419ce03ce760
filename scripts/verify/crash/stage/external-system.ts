import { once } from "node:events";
import type { ClientHttp2Session, ServerHttp2Stream } from "node:http2";
import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";

/** The environment variable with the address of the external system: host:port. */
export const EXTERNAL_SYSTEM = "EXTERNAL_SYSTEM";

const SEND = "/external.System/Send";
/** The call by which a function asks for its behaviour. The protocol under test has no such call, so no point. */
export const BEHAVIOUR = "/external.System/Behaviour";

/** The behaviour of a function towards one key. */
export type Behaviour = "works" | "throws" | "throws a permanent error";

/** One execution of an effect by the external system. */
export interface Sending {
  key: string;
  id: string;
}

/** The external system executes effects and tells functions to fail. */
export interface ExternalSystem {
  host: string;
  sendings: readonly Sending[];
  /** Behaviours by key. Absent: the function works. */
  behaviours: Map<string, Behaviour>;
  close(): void;
}

/** Starts the external system and sets its address in this process. */
export async function startExternalSystem(): Promise<ExternalSystem> {
  const sendings: Sending[] = [];
  const behaviours = new Map<string, Behaviour>();
  const server = createServer();
  server.on("stream", async (stream: ServerHttp2Stream, headers) => {
    const body = await textOf(stream);
    if (headers[":path"] === SEND) sendings.push(JSON.parse(body));
    stream.respond({ ":status": 200 });
    stream.end(headers[":path"] === BEHAVIOUR ? (behaviours.get(body) ?? "works") : "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env[EXTERNAL_SYSTEM] = host;
  return {
    host,
    sendings,
    behaviours,
    close: () => {
      session?.destroy();
      server.close();
    },
  };
}

let session: ClientHttp2Session | undefined;

/** Sends an effect to the external system. */
export async function sendToExternalSystem(sending: Sending): Promise<void> {
  await callExternalSystem(SEND, JSON.stringify(sending));
}

/** Asks the external system for the behaviour towards a key. */
export async function behaviourFor(key: string): Promise<Behaviour> {
  return (await callExternalSystem(BEHAVIOUR, key)) as Behaviour;
}

/** @throws Error without an answer: whether the effect was executed is unknown then */
async function callExternalSystem(path: string, body: string): Promise<string> {
  if (!session || session.destroyed) {
    session = connect(`http://${process.env[EXTERNAL_SYSTEM]}`);
    session.unref();
  }
  const stream = session.request({ ":method": "POST", ":path": path });
  stream.end(body);
  const [headers] = await once(stream, "response");
  const text = await textOf(stream);
  if (headers[":status"] !== 200) {
    throw new Error(`External system failed: expected status 200, got ${headers[":status"]}`);
  }
  return text;
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
