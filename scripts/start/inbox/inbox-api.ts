import type { HttpAnswer, HttpRequest } from "../../../shared/http/handler.ts";
import { noSuch } from "../../../shared/http/path-id.ts";
import type { Routes } from "../../../shared/http/router.ts";
import type { Inbox, InboxMail } from "../../local-cloud/smtp/inbox.ts";
import { inboxPage, mailPage, PAGE_HEADERS } from "./inbox-page.ts";

/** Max mails of a list without `?limit=`. A list of all mails would have megabytes after a busy day. */
const DEFAULT_LIMIT = 100;

/** Returns the routes of the inbox: JSON for programs, pages for browsers. */
export function inboxRoutes(inbox: Inbox): Routes {
  return {
    "GET /__local/inbox": async request => {
      const to = request.query.get("to") ?? undefined;
      const limit = Number(request.query.get("limit") ?? DEFAULT_LIMIT) || DEFAULT_LIMIT;
      const mails = await inbox.list({ limit, to });
      return wantsPage(request)
        ? asPage(inboxPage(mails))
        : { status: 200, body: { items: mails.map(summary) } };
    },
    "GET /__local/inbox/:id": async request => {
      const mail = await inbox.get(request.params["id"] ?? "");
      if (!mail) throw noSuch("mail");
      return wantsPage(request) ? asPage(mailPage(mail)) : { status: 200, body: mail };
    },
    "DELETE /__local/inbox": async () => {
      inbox.empty();
      return { status: 204 };
    },
  };
}

function wantsPage({ headers }: HttpRequest): boolean {
  return /\btext\/html\b/.test(headers.accept ?? "");
}

function asPage(body: Buffer): HttpAnswer {
  return { status: 200, headers: PAGE_HEADERS, body };
}

function summary({ html: _html, headers: _headers, ...mail }: InboxMail) {
  return mail;
}
