import { once } from "node:events";
import type { ClientHttp2Session, ServerHttp2Stream } from "node:http2";
import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";

/** Where a process finds the world outside: host:port. */
export const OUTSIDE_WORLD = "OUTSIDE_WORLD";

const SEND = "/outside.World/Send";
/** Asking how to behave is no part of the protocol under test, and therefore no point of the matrix. */
export const MOOD = "/outside.World/Mood";

/** How a function is to behave about a key. */
export type Mood = "works" | "throws" | "poison";

/** What the world outside saw: one sending of an effect. */
export interface Sending {
  key: string;
  id: string;
}

/** The world outside PulseCart, and the hand that makes handlers fail. */
export interface Outside {
  host: string;
  sendings: readonly Sending[];
  moods: Map<string, Mood>;
  close(): void;
}

/** Starts the world outside, and makes it this process' own. */
export async function startOutside(): Promise<Outside> {
  const sendings: Sending[] = [];
  const moods = new Map<string, Mood>();
  const server = createServer();
  server.on("stream", async (stream: ServerHttp2Stream, headers) => {
    const body = await textOf(stream);
    if (headers[":path"] === SEND) sendings.push(JSON.parse(body));
    stream.respond({ ":status": 200 });
    stream.end(headers[":path"] === MOOD ? (moods.get(body) ?? "works") : "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env[OUTSIDE_WORLD] = host;
  return {
    host,
    sendings,
    moods,
    close: () => {
      session?.destroy();
      server.close();
    },
  };
}

let session: ClientHttp2Session | undefined;

/** Lets the world outside see something. */
export async function sendOutside(sending: Sending): Promise<void> {
  await ask(SEND, JSON.stringify(sending));
}

export async function moodOf(key: string): Promise<Mood> {
  return (await ask(MOOD, key)) as Mood;
}

/** @throws Error when there is no answer: nobody knows whether it was seen */
async function ask(path: string, body: string): Promise<string> {
  if (!session || session.destroyed) {
    session = connect(`http://${process.env[OUTSIDE_WORLD]}`);
    session.unref();
  }
  const stream = session.request({ ":method": "POST", ":path": path });
  stream.end(body);
  const [headers] = await once(stream, "response");
  const text = await textOf(stream);
  if (headers[":status"] !== 200) throw new Error(`the world outside answered ${headers[":status"]}`);
  return text;
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
