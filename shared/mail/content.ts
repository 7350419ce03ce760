import type { Html } from "../http/html.ts";
import { html } from "../http/html.ts";
import { oneLine } from "./outside-text.ts";

/** Content of a mail as blocks. Text and HTML are rendered from the same blocks, so they cannot differ. */
export interface Content {
  subject: string;
  blocks: readonly Block[];
}

/** A paragraph, a list or a link. */
export type Block = string | { list: readonly string[] } | { link: string; url: string };

export interface RenderedContent {
  subject: string;
  text: string;
  html: string;
}

/** Renders both versions of a mail. All content is plain text: the HTML version escapes it. */
export function render({ subject, blocks }: Content): RenderedContent {
  const title = oneLine(subject);
  return {
    subject: title,
    text: `${blocks.map(asText).join("\n\n")}\n`,
    html: html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body style="font-family: sans-serif; line-height: 1.5; color: #222; max-width: 36em; margin: 2em auto; padding: 0 1em">
${blocks.map(block => html`${asHtml(block)}\n`)}</body>
</html>
`.toString(),
  };
}

function asText(block: Block): string {
  if (typeof block === "string") return oneLine(block);
  if ("url" in block) return `${oneLine(block.link)}: ${block.url}`;
  return block.list.map(item => `- ${oneLine(item)}`).join("\n");
}

function asHtml(block: Block): Html {
  if (typeof block === "string") return html`<p>${oneLine(block)}</p>`;
  if ("url" in block) return html`<p><a href="${block.url}">${oneLine(block.link)}</a></p>`;
  return html`<ul>\n${block.list.map(item => html`<li>${oneLine(item)}</li>\n`)}</ul>`;
}
