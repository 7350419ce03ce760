import type { Html } from "../../../shared/http/html.ts";
import { html } from "../../../shared/http/html.ts";
import type { InboxMail } from "../../local-cloud/smtp/inbox.ts";

/**
 * Content security policy of the pages. Nothing in a mail may run or be fetched: the frames that hold mails inherit
 * this policy and are sandboxed. A link opens a new page.
 */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": POLICY,
};

/** Renders the list of mails. */
export function inboxPage(mails: readonly InboxMail[]): Buffer {
  if (mails.length === 0) return page("Inbox", html`<p>No mail.</p>`);
  const rows = mails.map(
    ({
      id,
      received_at,
      to,
      subject,
    }) => html`<tr><td>${received_at}</td><td>${to}</td><td><a href="/__local/inbox/${id}">${subject || "(no subject)"}</a></td></tr>
`,
  );
  return page("Inbox", html`<table><tr><th>received</th><th>to</th><th>subject</th></tr>${rows}</table>`);
}

/** Renders one mail: its HTML, its text and its headers. */
export function mailPage({ subject, from, to, received_at, text, html: markup, headers }: InboxMail): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const framed = markup !== "" && frame("HTML", markup.replace(/<head>/i, '<head><base target="_blank">'));
  return page(
    subject,
    html`<p><a href="/__local/inbox">Inbox</a></p><h1>${subject}</h1>
<p>From ${from} to ${to}, ${received_at}</p>
${framed}
<h2>Text</h2><pre>${text}</pre>
<h2>Headers</h2><pre>${lines.join("\n")}</pre>`,
  );
}

function frame(title: string, content: string): Html {
  return html`<h2>${title}</h2><iframe title="${title}" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${content}"></iframe>`;
}

function page(title: string, body: Html): Buffer {
  const whole = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>
body { font-family: sans-serif; margin: 2em; color: #222 } td, th { padding: .2em 1em .2em 0; text-align: left }
iframe { width: 100%; height: 28em; border: 1px solid #ccc } pre { white-space: pre-wrap; background: #f4f4f4; padding: 1em }
</style></head><body>
${body}
</body></html>
`;
  return Buffer.from(whole.toString());
}
