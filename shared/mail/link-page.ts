import type { HttpAnswer } from "../http/handler.ts";
import type { Html } from "../http/html.ts";
import { html } from "../http/html.ts";

/** The page runs no script, loads nothing and sends its form only to this function. */
const CONTENT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Headers of every answer to a link in a mail. The token in the path reaches no other server and no cache. */
export const LINK_HEADERS = { "referrer-policy": "no-referrer", "cache-control": "no-store" } as const;

/** Builds the page behind a link in a mail. */
export function linkPage(title: string, content: Html, status = 200): HttpAnswer {
  const document = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body style="font-family: sans-serif; margin: 3em auto; max-width: 30em"><h1>${title}</h1>${content}</body></html>
`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": CONTENT_POLICY,
    ...LINK_HEADERS,
  };
  return { status, headers, body: Buffer.from(document.toString()) };
}
