import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { SMTPServerSession } from "smtp-server";
import { SMTPServer } from "smtp-server";
import type { MailFault, MailFaults } from "../faults/mail-faults.ts";
import type { Storage } from "../storage.ts";
import type { Inbox } from "./inbox.ts";
import { createInbox } from "./inbox.ts";

/** A mail server on this machine, and the inbox that takes whatever is sent to whomever. */
export interface SmtpService {
  /** host:port */
  host: string;
  inbox: Inbox;
  close(): void;
}

/** What it stands on. */
export interface SmtpOn {
  now: () => number;
  storage: Storage;
  faults: MailFaults;
}

const HOST = "127.0.0.1";
/** What a server takes is its own matter (RFC 1870); no mail of the shop is near it. */
const MAX_MAIL_BYTES = 10 * 1024 * 1024;

/**
 * Starts the mail server, where the storage knows its port on that one: whoever sends mails may live on while it is
 * started again.
 */
export async function startSmtp({ now, storage, faults }: SmtpOn): Promise<SmtpService> {
  const inbox = createInbox(storage, now);
  const sockets = new Map<number, Socket>();
  const wrong = new WeakMap<SMTPServerSession, MailFault>();
  const server = new SMTPServer({
    banner: "PulseCart's local inbox",
    disabledCommands: ["AUTH", "STARTTLS"],
    disableReverseLookup: true,
    logger: false,
    size: MAX_MAIL_BYTES,
    rejectOversized: true,
    onMailFrom(_address, session, answer) {
      wrong.set(session, faults.ofMail());
      answer();
    },
    onRcptTo: (_address, session, answer) => answer(refusalAt("RCPT TO", wrong.get(session))),
    async onData(stream, session, answer) {
      const fault = wrong.get(session) ?? {};
      const bytes = await buffer(stream).catch(() => undefined);
      if (!bytes || stream.sizeExceeded) return answer(new Error("It did not arrive whole."));
      if (fault.waitMs) await delay(fault.waitMs);
      const refusal = refusalAt("DATA", fault);
      if (!refusal) inbox.add(mailOf(session, bytes));
      if (fault.cut) sockets.get(session.remotePort)?.destroy();
      else answer(refusal);
    },
  });
  server.on("error", () => undefined); // of a client that went away
  server.server.prependListener("connection", (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    sockets.set(port, socket);
    socket.once("close", () => sockets.delete(port));
    if (faults.refusesConnection()) socket.resetAndDestroy();
  });
  const port = await listenWhereKept(server, storage);
  return {
    host: `${HOST}:${port}`,
    inbox,
    close() {
      server.close();
      for (const socket of sockets.values()) socket.destroy();
    },
  };
}

function mailOf({ envelope }: SMTPServerSession, bytes: Buffer): Parameters<Inbox["add"]>[0] {
  const from = envelope.mailFrom ? envelope.mailFrom.address : "";
  return { from, to: envelope.rcptTo.map(({ address }) => address), bytes };
}

function refusalAt(at: "RCPT TO" | "DATA", { refusal }: MailFault = {}): Error | undefined {
  if (refusal?.at !== at) return undefined;
  return Object.assign(new Error("A fault on demand"), { responseCode: refusal.code });
}

const KIND = "smtp";
const PORT = "port";

async function listenWhereKept(server: SMTPServer, { keeper }: Storage): Promise<number> {
  const kept = keeper.all<number>(KIND).find(({ key }) => key === PORT)?.value ?? 0;
  const port = await listen(server, kept).catch(() => listen(server, 0));
  keeper.put(KIND, PORT, port);
  return port;
}

async function listen(server: SMTPServer, port: number): Promise<number> {
  const listening = server.listen(port, HOST);
  await once(listening, "listening");
  return (listening.address() as AddressInfo).port;
}
