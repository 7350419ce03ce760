import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { openToken, sealToken } from "./link-token.ts";

const unsubscribeToken = (user: string, secret: string) => sealToken("unsubscribe", user, secret);
const userOfToken = (token: string, secret: string) => openToken("unsubscribe", token, secret);

const SECRET = "a secret of this test that is long enough";

test("names its user, and no user when any bit is changed", () => {
  const users = fc.string({ minLength: 1, maxLength: 128, unit: "grapheme" });
  fc.assert(
    fc.property(users, fc.nat(), fc.integer({ min: 1, max: 255 }), (user, place, change) => {
      const token = unsubscribeToken(user, SECRET);
      expect(token).toMatch(/^[\w-]+$/);
      expect(userOfToken(token, SECRET)).toBe(user);
      expect(userOfToken(token, `${SECRET}.`)).toBeUndefined();
      const bytes = Buffer.from(token, "base64url");
      const at = place % bytes.length;
      bytes[at] = Number(bytes[at]) ^ change;
      expect(userOfToken(bytes.toString("base64url"), SECRET)).toBeUndefined();
    }),
  );
});

test("opens no token of another use", () => {
  expect(openToken("saved-cart", unsubscribeToken("usr_1", SECRET), SECRET)).toBeUndefined();
  expect(openToken("saved-cart", sealToken("saved-cart", "x", SECRET), SECRET)).toBe("x");
});

test("opens a token of an earlier version", () => {
  const sent = "c6gMVjWu6Zy4TOjurSjJplZmklgor8qvAJFB6b7PZhqaOjrC";
  expect(userOfToken(sent, SECRET)).toBe("usr_8821");
});

test("is stable per user and does not reveal the user", () => {
  const token = unsubscribeToken("ann@example.com", SECRET);
  expect(unsubscribeToken("ann@example.com", SECRET)).toBe(token);
  expect(Buffer.from(token, "base64url").toString("latin1")).not.toMatch(/ann|example/);
});

test.each(["", "x", "%", "a".repeat(38), "é".repeat(60)])("refuses %j as a token", token => {
  expect(userOfToken(token, SECRET)).toBeUndefined();
});
