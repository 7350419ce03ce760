import { stateConsent } from "../../shared/accounts/consent.ts";
import { isErased } from "../../shared/accounts/erased.ts";
import { consents } from "../../shared/collections.ts";
import type { Handler, HttpAnswer, HttpRequest } from "../../shared/http/handler.ts";
import { html } from "../../shared/http/html.ts";
import { noSuch } from "../../shared/http/path-id.ts";
import { linkPage } from "../../shared/mail/link-page.ts";
import { openToken } from "../../shared/mail/link-token.ts";
import { readAtStart, unsubscribeSecret } from "../../shared/mail/mail-config.ts";
import { getSavedCart } from "../../shared/mail/saved-cart-answer.ts";
import type { Command, Decision } from "../../shared/pipeline/command.ts";
import { command } from "../../shared/pipeline/command.ts";
import { httpFunction } from "../../shared/pipeline/http-function.ts";
import type { Work } from "../../shared/pipeline/work.ts";

/**
 * Serves the links in mails: unsubscription and the saved cart. The link is the only credential, so every reader of a
 * mail may use it without a login. No other function is public.
 */
export const mailPreferencesFunction = httpFunction(
  "mail-preferences",
  {
    "GET /unsubscribe/:token": askPage,
    "GET /saved-cart/:token": getSavedCart,
    "POST /unsubscribe/:token": withoutForm(command("mail-preferences", unsubscribe)),
  },
  { callers: "public" },
);

readAtStart(unsubscribeSecret);

/**
 * Hides form and link from the command, because no log line may hold them; an Idempotency-Key is dropped as well. One
 * click (RFC 8058) posts a form that adds nothing to the link. A person or a mail program sends the form.
 */
function withoutForm(handle: Handler): Handler {
  return async ({ headers: { "idempotency-key": _key, ...headers }, ...request }) => {
    const answer = await handle({ ...request, headers, path: "/unsubscribe", body: Buffer.alloc(0) });
    const text = html`<p>You get no more marketing mails from us.</p>`;
    return { ...linkPage("You are unsubscribed", text), status: answer.status };
  };
}

async function unsubscribe({ params }: Command, work: Work): Promise<Decision> {
  const userId = userIn(params);
  // The link of an erased person still works, but nothing is stored: an erased person gets no mail.
  if (!(await isErased(userId, work))) {
    const stored = await work.get(consents, userId);
    stateConsent(userId, { marketing_consent: false }, { work, stored, by: "unsubscribe link" });
  }
  return { status: 200, body: {}, aggregate: userId };
}

/** Shows a page with a form. Mail scanners fetch every link of a mail, so a GET changes nothing. */
async function askPage({ params }: HttpRequest): Promise<HttpAnswer> {
  userIn(params);
  return linkPage(
    "Unsubscribe",
    html`<p>No more marketing mails from us?</p><form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>Unsubscribe</button></form>`,
  );
}

function userIn(params: Readonly<Record<string, string>>): string {
  const userId = openToken("unsubscribe", params["token"] ?? "", unsubscribeSecret());
  if (userId === undefined) throw noSuch("subscription");
  return userId;
}
