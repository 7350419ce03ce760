import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";

// The token of an unsubscribe link names the user who gets no more marketing mails. The token reveals only
// the length of the id and needs no stored state. All mails to one user carry the same token. A token is valid as long
// as its secret: a mail may be read years later.
//
// The user id is encrypted with AES-256-GCM. The nonce is a keyed hash of the id. Two ids share a
// nonce only by a collision of 96 bits.
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Returns the token of a user for unsubscribe links. */
export function unsubscribeToken(userId: string, secret: string): string {
  const nonce = nonceOf(userId, secret);
  const cipher = createCipheriv("aes-256-gcm", keyOf(secret, "encrypt"), nonce);
  const encrypted = Buffer.concat([cipher.update(userId, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]).toString("base64url");
}

/** Returns the user id in a token; undefined when the token was not made with this secret. */
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
