import { mailPreferences, users } from "../../shared/collections.ts";
import type { Handler, HttpAnswer, HttpRequest } from "../../shared/http/handler.ts";
import { escaped } from "../../shared/http/html.ts";
import { noSuch } from "../../shared/http/path-id.ts";
import { readAtStart, unsubscribeSecret } from "../../shared/mail/mail-config.ts";
import { userOfToken } from "../../shared/mail/unsubscribe-token.ts";
import type { Command, Decision } from "../../shared/pipeline/command.ts";
import { command } from "../../shared/pipeline/command.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";
import type { Work } from "../../shared/pipeline/work.ts";

/**
 * What people decide about their mails by the links in them. Whoever holds a link may use it, without logging in:
 * it is the only function that anybody in the world may call.
 */
export const mailPreferencesFunction = httpFunction(
  "mail-preferences",
  {
    "GET /unsubscribe/:token": askPage,
    "POST /unsubscribe/:token": withoutForm(command("mail-preferences", unsubscribe)),
  },
  { callers: "public" },
);

readAtStart(unsubscribeSecret);

/**
 * One click (RFC 8058) is a form that says nothing beyond the link, posted by a person or by who reads mail for
 * them. Neither the form nor the link is to be in a log line.
 */
function withoutForm(handle: Handler): Handler {
  return async ({ headers: { "idempotency-key": _key, ...headers }, ...request }) => {
    const answer = await handle({ ...request, headers, path: "/unsubscribe", body: Buffer.alloc(0) });
    return {
      ...page("You are unsubscribed", "<p>You get no more marketing mails from us.</p>"),
      status: answer.status,
    };
  };
}

async function unsubscribe({ params, nowMs }: Command, work: Work): Promise<Decision> {
  const userId = userIn(params);
  const user = await work.get(users, userId);
  work.set(mailPreferences, userId, { user_id: userId, unsubscribed_at_ms: nowMs });
  // Shown where the account is shown; an erased one has nothing that could be.
  if (user && user.erased_at_ms === undefined)
    work.update(users, userId, { marketing_consent: false, marketing_consent_at_ms: nowMs });
  return { status: 200, body: {}, aggregate: userId };
}

/** Programs fetch every link in a mail to look for harm: a GET changes nothing. */
async function askPage({ params }: HttpRequest): Promise<HttpAnswer> {
  userIn(params);
  const form = `<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>Unsubscribe</button></form>`;
  return page("Unsubscribe", `<p>No more marketing mails from us?</p>${form}`);
}

function userIn(params: Readonly<Record<string, string>>): string {
  const userId = userOfToken(params["token"] ?? "", unsubscribeSecret());
  if (userId === undefined) throw noSuch("subscription");
  return userId;
}

function page(title: string, body: string): HttpAnswer {
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title></head>
<body style="font-family: sans-serif; margin: 3em auto; max-width: 30em"><h1>${escaped(title)}</h1>${body}</body></html>
`;
  const policy =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy,
    "referrer-policy": "no-referrer",
  };
  return { status: 200, headers, body: Buffer.from(html) };
}
