import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";

/**
 * Who is to get no more marketing mails, as an unsubscribe link carries it. It reveals nothing, needs nothing stored,
 * is the same in every mail to somebody, and never expires: a mail may be years old when it is read.
 *
 * The user's id is encrypted (AES-256-GCM). Its nonce is a keyed hash of the id, so that no two ids ever share one.
 */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function unsubscribeToken(userId: string, secret: string): string {
  const nonce = nonceOf(userId, secret);
  const cipher = createCipheriv("aes-256-gcm", keyOf(secret, "encrypt"), nonce);
  const encrypted = Buffer.concat([cipher.update(userId, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString("base64url");
}

/** Whose token it is; undefined for what was not made with this secret. */
export function userOfToken(token: string, secret: string): string | undefined {
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length <= NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== token) return undefined;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", keyOf(secret, "encrypt"), nonce);
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const decrypted = [decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()];
    return Buffer.concat(decrypted).toString("utf8");
  } catch {
    return undefined;
  }
}

function nonceOf(userId: string, secret: string): Buffer {
  return createHmac("sha256", keyOf(secret, "nonce")).update(userId).digest().subarray(0, NONCE_BYTES);
}

function keyOf(secret: string, use: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "", `pulsecart unsubscribe ${use}`, 32));
}
