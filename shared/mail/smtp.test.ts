import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { until } from "../../scripts/local-cloud/test/http-target.ts";
import { NotSent, PermanentError } from "../errors.ts";
import { handToServer } from "./smtp.ts";

const open: { server: Server; sockets: Socket[] }[] = [];
afterEach(() => {
  for (const { server, sockets } of open.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
});

/** Answers of a server, by the first word of a line. undefined: no answer. null: the server closes the connection. */
type ServerScript = Readonly<Record<string, string | null | undefined>>;

const POLITE: ServerScript = {
  greeting: "220 hello",
  EHLO: "250-here\r\n250 AUTH PLAIN",
  AUTH: "235 ok",
  MAIL: "250 ok",
  RCPT: "250 ok",
  DATA: "354 go on",
  ".": "250 thanks",
};

/** Starts a server that follows a script. @returns its address and the lines it received */
async function startServer(changes: ServerScript): Promise<{ url: string; received: string[] }> {
  const script = { ...POLITE, ...changes };
  const received: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer(socket => {
    sockets.push(socket);
    let inData = false;
    const say = (line: string): void => {
      if (!(line in script)) return;
      const answer = script[line];
      if (answer === null) socket.destroy();
      else if (answer !== undefined) socket.write(`${answer}\r\n`);
      if (line === "DATA" && answer?.startsWith("354")) inData = true;
    };
    socket.on("error", () => undefined);
    socket.on("data", chunk => {
      for (const line of chunk.toString().split("\r\n").filter(Boolean)) {
        if (inData && line !== ".") continue;
        inData = false;
        received.push(line);
        say(/^\.$|^[A-Z]+/.exec(line)?.[0] ?? "");
      }
    });
    say("greeting");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({ server, sockets });
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

const ADDRESS = "ann@example.com";
const mail = {
  envelope: { from: "shop@example.com", to: ADDRESS },
  bytes: Buffer.from("Subject: x\r\n\r\nHi\r\n"),
};

const NEVER = new AbortController().signal;

/** Hands a mail over. @returns the error; undefined when the server accepted the mail */
const errorOf = (url: string, signal = NEVER): Promise<Error | undefined> =>
  handToServer(url, mail, signal).then(
    () => undefined,
    (error: Error) => error,
  );

const refused = (code: number) => `${code} ${Math.floor(code / 100)}.1.1 <${ADDRESS}> says no`;

test.each<[string, ServerScript, string]>([
  ["a greeting that refuses every client", { greeting: refused(554) }, "NotSent"],
  ["a connection closed before the greeting", { greeting: null }, "NotSent"],
  ["a busy server at the sender", { MAIL: refused(451) }, "NotSent"],
  ["a busy server at the recipient", { RCPT: refused(450) }, "NotSent"],
  ["a connection closed at the recipient", { RCPT: null }, "NotSent"],
  ["a busy server at DATA", { DATA: refused(451) }, "NotSent"],
  ["a connection closed at DATA", { DATA: null }, "NotSent"],
  ["a busy server after the mail", { ".": refused(452) }, "NotSent"],
  ["a server that shuts down after the mail", { ".": "421 bye" }, "NotSent"],
  ["a bad sequence of commands", { DATA: refused(503) }, "NotSent"],
  ["a refused sender", { MAIL: refused(550) }, "PermanentError"],
  ["an unknown recipient", { RCPT: refused(550) }, "PermanentError"],
  ["a refused mail", { ".": refused(554) }, "PermanentError"],
  ["a connection closed after the mail", { ".": null }, "Error"],
  ["an invalid answer", { ".": "thanks" }, "Error"],
])("maps %s to its error class", async (_case, script, name) => {
  const { url } = await startServer(script);
  const error = await errorOf(url);
  expect([error?.constructor.name, `${error?.stack} ${error?.message}`.includes(ADDRESS)]).toEqual([
    name,
    false,
  ]);
});

test("reports the codes of the server without its texts", async () => {
  const { url } = await startServer({ RCPT: refused(550) });
  const words = "mail was refused permanently by the mail server: 550 5.1.1 EENVELOPE at RCPT TO";
  expect(await errorOf(url)).toEqual(new PermanentError(words));
});

test("throws NotSent when no server listens", async () => {
  const { url } = await startServer({});
  await new Promise(resolve => open.splice(0)[0]?.server.close(resolve));
  expect(await errorOf(url)).toEqual(
    new NotSent("mail was not accepted by the mail server: ECONNREFUSED at CONN"),
  );
});

test.each([
  ["before the mail", "RCPT", NotSent],
  ["after the mail", ".", Error],
] as const)("gives up when the server stays silent %s", async (_when, line, kind) => {
  const { url, received } = await startServer({ [line]: undefined });
  const giveUp = new AbortController();
  const ended = errorOf(url, giveUp.signal);
  await until(() => received.some(one => one.startsWith(line)), line);
  giveUp.abort();
  expect((await ended)?.constructor).toBe(kind);
});

test("logs in with the credentials of the address", async () => {
  const { url, received } = await startServer({});
  const withLogin = url.replace("smtp://", "smtp://shop:secret@");
  expect(await errorOf(withLogin)).toBeUndefined();
  expect(received[1]).toMatch(/^AUTH PLAIN /);
});

test("throws NotSent when the login is refused", async () => {
  const strict = await startServer({ AUTH: refused(535) });
  expect(await errorOf(strict.url.replace("smtp://", "smtp://shop:wrong@"))).toBeInstanceOf(NotSent);
});
