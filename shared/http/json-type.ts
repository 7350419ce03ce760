const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t \\x21-\\x7e\\x80-\\xff])*"';
const JSON_TYPE = /^application\/json/i;
/** One parameter, possibly empty, with its semicolon (RFC 9110, 5.6.6). Each match starts where the last one ended. */
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})=(${TOKEN}|${QUOTED}))?`, "y");

/**
 * The charsets whose bytes are UTF-8. JSON defines no charset (RFC 8259, 11), but clients state one. "utf8" is a label of
 * UTF-8 (WHATWG Encoding, 4.2).
 */
const UTF_8_CHARSETS: ReadonlySet<string> = new Set(["utf-8", "utf8", "us-ascii"]);

/**
 * Tells whether a Content-Type is JSON in UTF-8. Parameters other than `charset` are accepted and ignored, because
 * JSON defines none. The check takes time in proportion to the length of the header.
 */
export function isJsonType(contentType: string): boolean {
  const trimmed = contentType.trim();
  const type = JSON_TYPE.exec(trimmed)?.[0];
  if (type === undefined) return false;
  for (let end = type.length; end < trimmed.length; end = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = end;
    const found = PARAMETER.exec(trimmed);
    if (!found) return false;
    const [, name = "", value = ""] = found;
    if (name.toLowerCase() === "charset" && !UTF_8_CHARSETS.has(unquoted(value).toLowerCase())) return false;
  }
  return true;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
}
