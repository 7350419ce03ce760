import { escaped } from "../../../shared/http/html.ts";
import type { InboxMail } from "../../local-cloud/smtp/inbox.ts";

/**
 * Nothing in a mail may run or be fetched: the frames that hold mails inherit this policy, and are sandboxed as
 * well. A link opens a page of its own.
 */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": POLICY,
};

/** All mails as a person sees them before opening one. */
export function inboxPage(mails: readonly InboxMail[]): Buffer {
  const rows = mails.map(
    ({ id, received_at, to, subject }) =>
      `<tr><td>${escaped(received_at)}</td><td>${escaped(to)}</td>` +
      `<td><a href="/__local/inbox/${escaped(id)}">${escaped(subject || "(no subject)")}</a></td></tr>`,
  );
  const table = `<table><tr><th>received</th><th>to</th><th>subject</th></tr>${rows.join("\n")}</table>`;
  return page("Inbox", mails.length === 0 ? "<p>No mail.</p>" : table);
}

/** One mail as a person reads it: its HTML, its text, and where they come from. */
export function mailPage(mail: InboxMail): Buffer {
  const { subject, from, to, received_at, text, html, headers } = mail;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const frame = (title: string, content: string) =>
    `<h2>${title}</h2><iframe title="${title}" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="${escaped(content)}"></iframe>`;
  const shown = html === "" ? "" : frame("HTML", html.replace(/<head>/i, '<head><base target="_blank">'));
  return page(
    subject,
    `<p><a href="/__local/inbox">Inbox</a></p><h1>${escaped(subject)}</h1>
<p>From ${escaped(from)} to ${escaped(to)}, ${escaped(received_at)}</p>
${shown}
<h2>Text</h2><pre>${escaped(text)}</pre>
<h2>Headers</h2><pre>${escaped(lines.join("\n"))}</pre>`,
  );
}

function page(title: string, body: string): Buffer {
  return Buffer.from(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title><style>
body { font-family: sans-serif; margin: 2em; color: #222 } td, th { padding: .2em 1em .2em 0; text-align: left }
iframe { width: 100%; height: 28em; border: 1px solid #ccc } pre { white-space: pre-wrap; background: #f4f4f4; padding: 1em }
</style></head><body>
${body}
</body></html>
`);
}
