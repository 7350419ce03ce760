import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { SMTPServerDataStream, SMTPServerSession } from "smtp-server";
import { SMTPServer } from "smtp-server";
import type { MailFault, MailFaults } from "../faults/mail-faults.ts";
import type { Storage } from "../storage.ts";
import type { Inbox } from "./inbox.ts";
import { createInbox } from "./inbox.ts";

/** A mail server on this machine. Its inbox accepts every mail to every address. */
export interface SmtpService {
  /** host:port */
  host: string;
  inbox: Inbox;
  close(): void;
}

export interface SmtpOptions {
  now: () => number;
  storage: Storage;
  faults: MailFaults;
}

const HOST = "127.0.0.1";
const KIND = "smtp";
const PORT = "port";
/** Max size of a mail. RFC 1870 leaves the number to the server; the shop's mails are far smaller. */
const MAX_MAIL_BYTES = 10 * 1024 * 1024;

/** Starts the mail server on the port of the previous process, so that senders may outlive a restart. */
export async function startSmtp({ now, storage, faults }: SmtpOptions): Promise<SmtpService> {
  const inbox = createInbox(storage, now);
  const mailServer = new MailServer(inbox, faults);
  const port = await mailServer.listen(storage);
  return { host: `${HOST}:${port}`, inbox, close: () => mailServer.close() };
}

/** The SMTP server with its open connections and the injected fault of each mail. */
class MailServer {
  readonly #inbox: Inbox;
  readonly #faults: MailFaults;
  readonly #sockets = new Map<number, Socket>();
  readonly #faultOf = new WeakMap<SMTPServerSession, MailFault>();
  readonly #server: SMTPServer;

  constructor(inbox: Inbox, faults: MailFaults) {
    this.#inbox = inbox;
    this.#faults = faults;
    this.#server = this.#createServer();
    // Clients that disconnect raise errors, which need no handling.
    this.#server.on("error", () => undefined);
    this.#server.server.prependListener("connection", (socket: Socket) => this.#admit(socket));
  }

  /** Listens on the stored port. Without one, or when the port is in use, any free port is used. */
  async listen({ keeper }: Storage): Promise<number> {
    const kept = keeper.all<number>(KIND).find(({ key }) => key === PORT)?.value ?? 0;
    const port = await listenOn(this.#server, kept).catch(() => listenOn(this.#server, 0));
    keeper.put(KIND, PORT, port);
    return port;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets.values()) socket.destroy();
  }

  #createServer(): SMTPServer {
    return new SMTPServer({
      banner: "PulseCart's local inbox",
      disabledCommands: ["AUTH", "STARTTLS"],
      disableReverseLookup: true,
      logger: false,
      size: MAX_MAIL_BYTES,
      rejectOversized: true,
      onMailFrom: (_address, session, answer) => {
        this.#faultOf.set(session, this.#faults.ofMail());
        answer();
      },
      onRcptTo: (_address, session, answer) => answer(refusalAt("RCPT TO", this.#faultOf.get(session))),
      onData: (stream, session, answer) => this.#receive(stream, session, answer),
    });
  }

  /** Stores a mail and answers, unless a fault refuses the mail or cuts the connection. */
  async #receive(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    answer: (refusal?: Error) => void,
  ): Promise<void> {
    const fault = this.#faultOf.get(session) ?? {};
    const bytes = await buffer(stream).catch(() => undefined);
    if (!bytes || stream.sizeExceeded) {
      answer(new Error("Mail refused: incomplete or too large."));
      return;
    }
    if (fault.waitMs) await delay(fault.waitMs);
    const refusal = refusalAt("DATA", fault);
    if (!refusal) this.#inbox.add(mailOf(session, bytes));
    if (fault.cut) this.#sockets.get(session.remotePort)?.destroy();
    else answer(refusal);
  }

  #admit(socket: Socket): void {
    const port = socket.remotePort ?? 0;
    this.#sockets.set(port, socket);
    socket.once("close", () => this.#sockets.delete(port));
    if (this.#faults.refusesConnection()) socket.resetAndDestroy();
  }
}

function mailOf({ envelope }: SMTPServerSession, bytes: Buffer): Parameters<Inbox["add"]>[0] {
  const from = envelope.mailFrom ? envelope.mailFrom.address : "";
  return { from, to: envelope.rcptTo.map(({ address }) => address), bytes };
}

function refusalAt(at: "RCPT TO" | "DATA", { refusal }: MailFault = {}): Error | undefined {
  if (refusal?.at !== at) return undefined;
  return Object.assign(new Error("Injected fault"), { responseCode: refusal.code });
}

async function listenOn(server: SMTPServer, port: number): Promise<number> {
  const listening = server.listen(port, HOST);
  await once(listening, "listening");
  return (listening.address() as AddressInfo).port;
}
