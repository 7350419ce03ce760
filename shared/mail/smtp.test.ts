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

/** How a server answers: by what a line begins with. Nothing: it stays silent. null: it hangs up. */
type Script = Readonly<Record<string, string | null | undefined>>;

const POLITE: Script = {
  greeting: "220 hello",
  EHLO: "250-here\r\n250 AUTH PLAIN",
  AUTH: "235 ok",
  MAIL: "250 ok",
  RCPT: "250 ok",
  DATA: "354 go on",
  ".": "250 thanks",
};

/** Starts a server that follows a script, and answers its address and what it heard. */
async function startServer(changes: Script): Promise<{ url: string; heard: string[] }> {
  const script = { ...POLITE, ...changes };
  const heard: string[] = [];
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
        heard.push(line);
        say(/^\.$|^[A-Z]+/.exec(line)?.[0] ?? "");
      }
    });
    say("greeting");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push({ server, sockets });
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

const ADDRESS = "ann@example.com";
const mail = {
  envelope: { from: "shop@example.com", to: ADDRESS },
  bytes: Buffer.from("Subject: x\r\n\r\nHi\r\n"),
};

const NEVER = new AbortController().signal;

/** How handing a mail over ends. */
const ending = (url: string, signal = NEVER): Promise<Error | undefined> =>
  handToServer(url, mail, signal).then(
    () => undefined,
    (error: Error) => error,
  );

const refused = (code: number) => `${code} ${Math.floor(code / 100)}.1.1 <${ADDRESS}> says no`;

test.each<[string, Script, string]>([
  ["a greeting that turns everybody away", { greeting: refused(554) }, "NotSent"],
  ["a connection that ends before the greeting", { greeting: null }, "NotSent"],
  ["a busy server at the sender", { MAIL: refused(451) }, "NotSent"],
  ["a busy server at the recipient", { RCPT: refused(450) }, "NotSent"],
  ["a connection that ends at the recipient", { RCPT: null }, "NotSent"],
  ["a busy server at the mail", { DATA: refused(451) }, "NotSent"],
  ["a connection that ends instead of asking for the mail", { DATA: null }, "NotSent"],
  ["a busy server after the mail", { ".": refused(452) }, "NotSent"],
  ["a server that goes away after the mail and says so", { ".": "421 bye" }, "NotSent"],
  ["a sequence that went wrong", { DATA: refused(503) }, "NotSent"],
  ["a sender that is refused", { MAIL: refused(550) }, "PermanentError"],
  ["a recipient that nobody knows", { RCPT: refused(550) }, "PermanentError"],
  ["a mail that is refused", { ".": refused(554) }, "PermanentError"],
  ["a connection that ends after the mail", { ".": null }, "Error"],
  ["an answer that is none", { ".": "thanks" }, "Error"],
])("%s", async (_what, script, name) => {
  const { url } = await startServer(script);
  const error = await ending(url);
  expect([error?.constructor.name, `${error?.stack} ${error?.message}`.includes(ADDRESS)]).toEqual([
    name,
    false,
  ]);
});

test("tells what the server said by its codes alone", async () => {
  const { url } = await startServer({ RCPT: refused(550) });
  const words = "the mail server refuses the mail for good: 550 5.1.1 EENVELOPE at RCPT TO";
  expect(await ending(url)).toEqual(new PermanentError(words));
});

test("nobody who listens is a mail that was not sent", async () => {
  const { url } = await startServer({});
  await new Promise(resolve => open.splice(0)[0]?.server.close(resolve));
  expect(await ending(url)).toEqual(
    new NotSent("the mail server did not take the mail: ECONNREFUSED at CONN"),
  );
});

test.each([
  ["before it has the mail", "RCPT", NotSent],
  ["when it has the mail", ".", Error],
] as const)("a server that stays silent %s is given up", async (_when, line, kind) => {
  const { url, heard } = await startServer({ [line]: undefined });
  const giveUp = new AbortController();
  const ended = ending(url, giveUp.signal);
  await until(() => heard.some(one => one.startsWith(line)), line);
  giveUp.abort();
  expect((await ended)?.constructor).toBe(kind);
});

test("logs in where the address says so; a login that is refused is no fault of the mail", async () => {
  const { url, heard } = await startServer({});
  const withLogin = url.replace("smtp://", "smtp://shop:secret@");
  expect(await ending(withLogin)).toBeUndefined();
  expect(heard[1]).toMatch(/^AUTH PLAIN /);
  const strict = await startServer({ AUTH: refused(535) });
  expect(await ending(strict.url.replace("smtp://", "smtp://shop:wrong@"))).toBeInstanceOf(NotSent);
});
