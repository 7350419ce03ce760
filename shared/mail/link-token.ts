import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";

// The token of a link in a mail is its only credential. The token reveals only the length of its content and needs no
// stored state. Equal contents give equal tokens.
//
// The content is encrypted with AES-256-GCM. The nonce is a keyed hash of the content. Two contents share a nonce only
// by a collision of 96 bits. Each use has keys of its own, so a token of one use is invalid in the other.
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The uses of a token. The content of `unsubscribe` is a user id. Such a token never expires, because a mail may be read
 * years later. The content of `saved-cart` is in saved-cart-link.ts.
 */
export type LinkUse = "unsubscribe" | "saved-cart";

/** Returns the token of a link with this content. */
export function sealToken(use: LinkUse, content: string, secret: string): string {
  const nonce = nonceOf(use, content, secret);
  const cipher = createCipheriv("aes-256-gcm", keyOf(use, secret, "encrypt"), nonce);
  const encrypted = Buffer.concat([cipher.update(content, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString("base64url");
}

/** Returns the content of a token; undefined when the token was not made with this secret for this use. */
export function openToken(use: LinkUse, token: string, secret: string): string | undefined {
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length <= NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== token) return undefined;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", keyOf(use, secret, "encrypt"), nonce);
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const decrypted = [decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()];
    return Buffer.concat(decrypted).toString("utf8");
  } catch {
    return undefined;
  }
}

function nonceOf(use: LinkUse, content: string, secret: string): Buffer {
  return createHmac("sha256", keyOf(use, secret, "nonce"))
    .update(content)
    .digest()
    .subarray(0, NONCE_BYTES);
}

function keyOf(use: LinkUse, secret: string, part: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", `pulsecart ${use} ${part}`, 32));
}
