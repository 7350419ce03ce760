import { escaped } from "../http/html.ts";
/** What a mail says, apart from how it is shown: text and HTML are made of the same blocks and cannot differ. */
export interface Content {
  subject: string;
  blocks: readonly Block[];
}

export type Block = string | { list: readonly string[] } | { link: string; url: string };

export interface Rendered {
  subject: string;
  text: string;
  html: string;
}

/** Both versions of a mail. Whatever is said is text: nothing in it can become markup. */
export function render({ subject, blocks }: Content): Rendered {
  const title = oneLine(subject);
  return {
    subject: title,
    text: `${blocks.map(asText).join("\n\n")}\n`,
    html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title></head>
<body style="font-family: sans-serif; line-height: 1.5; color: #222; max-width: 36em; margin: 2em auto; padding: 0 1em">
${blocks.map(asHtml).join("\n")}
</body>
</html>
`,
  };
}

/** Text in one line, without what could end the line or hide in it. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
}

function asText(block: Block): string {
  if (typeof block === "string") return oneLine(block);
  if ("url" in block) return `${oneLine(block.link)}: ${block.url}`;
  return block.list.map(item => `- ${oneLine(item)}`).join("\n");
}

function asHtml(block: Block): string {
  if (typeof block === "string") return `<p>${escaped(oneLine(block))}</p>`;
  if ("url" in block) return `<p><a href="${escaped(block.url)}">${escaped(oneLine(block.link))}</a></p>`;
  return `<ul>\n${block.list.map(item => `<li>${escaped(oneLine(item))}</li>`).join("\n")}\n</ul>`;
}
