import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { router } from "../../../shared/http/router.ts";
import { createFrontDoorServer } from "../../../shared/http/server/door-server.ts";
import { composeMail } from "../../../shared/mail/compose.ts";
import { handToServer } from "../../../shared/mail/smtp.ts";
import { inboxRoutes } from "../../start/inbox/inbox-api.ts";
import { portOf } from "../../test/worlds/connection.ts";
import { createFaults } from "../faults/faults.ts";
import { listenLocally } from "../listen.ts";
import { openStorage } from "../storage.ts";
import type { SmtpService } from "./smtp.ts";
import { startSmtp } from "./smtp.ts";

const NOW_MS = Date.parse("2026-11-20T12:00:00Z");

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(folder?: string) {
  const storage = openStorage(folder);
  const faults = createFaults();
  const service = await startSmtp({ now: () => NOW_MS, storage, faults: faults.mail });
  const close = () => {
    service.close();
    storage.close();
  };
  if (folder === undefined) ends.push(close);
  return { service, faults, close };
}

async function send({ host }: SmtpService, to: string, { subject = "Hi", html = "<p>Hi</p>" } = {}) {
  const from = "shop@pulsecart.example";
  const letter = { from, to: { name: "", address: to }, messageId: "<1@x>", atMs: NOW_MS };
  const bytes = await composeMail({ ...letter, content: { subject, text: "Hi", html } });
  await handToServer(`smtp://${host}`, { envelope: { from, to }, bytes }, new AbortController().signal);
}

/** Serves the inbox over HTTP. @returns its address */
async function serve({ inbox }: SmtpService): Promise<string> {
  const server = createFrontDoorServer(router(inboxRoutes(inbox)).handle);
  const listening = await listenLocally(server, 0);
  ends.push(() => listening.close());
  return `http://127.0.0.1:${portOf(server)}/__local/inbox`;
}

test("lists, filters, shows and deletes received mails", async () => {
  const { service } = await start();
  await send(service, "ann@example.com", { subject: "One, überall" });
  await send(service, "bob@example.com", { subject: "Two" });
  const url = await serve(service);
  const list = async (query = ""): Promise<{ id: string; subject: string }[]> =>
    JSON.parse(await (await fetch(url + query)).text()).items;
  expect((await list()).map(({ subject }) => subject)).toEqual(["Two", "One, überall"]);
  expect((await list("?limit=1")).map(({ subject }) => subject)).toEqual(["Two"]);
  const [ann] = await list("?to=ANN@example.com");
  expect(await (await fetch(`${url}/${ann?.id}`)).json()).toMatchObject({
    from: "shop@pulsecart.example",
    to: "ann@example.com",
    received_at: "2026-11-20T12:00:00.000Z",
    message_id: "<1@x>",
    text: "Hi\n",
    headers: { "auto-submitted": "auto-generated" },
  });
  for (const id of ["0", "99", "x", "1;"]) expect((await fetch(`${url}/${id}`)).status).toBe(404);
  expect((await fetch(url, { method: "DELETE" })).status).toBe(204);
  expect(await list()).toEqual([]);
});

test("shows a mail in a browser without running its scripts", async () => {
  const { service } = await start();
  const evil = '<script>parent.alert(1)</script>"><img src=x onerror=alert(1)>';
  await send(service, "ann@example.com", {
    subject: evil,
    html: `<html><head></head><body>${evil}</body></html>`,
  });
  const url = await serve(service);
  const headers = { accept: "text/html,application/xhtml+xml" };
  for (const path of ["", "/1"]) {
    const answer = await fetch(url + path, { headers });
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    const page = await answer.text();
    expect(page).toContain("&lt;script&gt;parent.alert(1)");
    expect(page).not.toMatch(/<script|<img/i);
  }
  const page = await (await fetch(`${url}/1`, { headers })).text();
  const [, sandbox = "allow-scripts"] = /<iframe [^>]*sandbox="([^"]*)"/.exec(page) ?? [];
  expect(sandbox).not.toMatch(/allow-(scripts|same-origin|forms|top-navigation)/);
});

test("keeps mails and the port with the data folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "pulsecart-smtp-"));
  ends.push(() => rm(folder, { recursive: true }));
  const before = await start(folder);
  await send(before.service, "ann@example.com");
  before.close();
  const after = await start(folder);
  ends.push(after.close);
  expect(after.service.host).toBe(before.service.host);
  await send(after.service, "ann@example.com");
  expect((await after.service.inbox.list()).map(({ id }) => id)).toEqual(["2", "1"]);
});

test.each([
  ["refuses connections", { smtp_refused: 1 }, "NotSent", 0],
  ["is busy", { smtp_4xx: 1 }, "NotSent", 0],
  ["refuses mails permanently", { smtp_5xx: 1 }, "PermanentError", 0],
  ["stores a mail and cuts the connection", { smtp_cut: 1 }, "Error", 1],
  ["is slow", { smtp_slow: { probability: 1, ms: 5 } }, "", 1],
])("%s by injected fault", async (_behaviour, rules, name, stored) => {
  const { service, faults } = await start();
  faults.set(rules);
  const error = await send(service, "ann@example.com").then(
    () => "",
    (thrown: Error) => thrown.name,
  );
  expect(error).toBe(name);
  expect(await service.inbox.list()).toHaveLength(stored);
  expect(Object.keys(faults.struck())).toEqual(Object.keys(rules));
});
