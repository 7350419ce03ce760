import { expect, test } from "@jest/globals";
import { ConfigError } from "../errors.ts";
import { parseMailConfig, parseUnsubscribeSecret, readAtStart } from "./mail-config.ts";

const deployed = {
  SMTP_URL: "smtps://user:secret@mail.example.com",
  MAIL_FROM: "The Shop <shop@example.com>",
  ADMIN_EMAIL: "admin@example.com",
  PUBLIC_URL: "https://shop.example.com/",
  UNSUBSCRIBE_SECRET: "x".repeat(32),
};

test("has defaults on a local machine and none when it is deployed", () => {
  expect(parseMailConfig({}, { local: true }).publicUrl).toBe("http://localhost:8000");
  expect(parseUnsubscribeSecret({}, { local: true })).not.toBe("");
  expect(() => parseMailConfig({}, { local: false })).toThrow(
    new ConfigError(
      "This function cannot start: SMTP_URL is missing; MAIL_FROM is missing; ADMIN_EMAIL is missing; PUBLIC_URL is missing; UNSUBSCRIBE_SECRET is missing.",
    ),
  );
  expect(parseMailConfig(deployed, { local: false }).publicUrl).toBe("https://shop.example.com");
  const { UNSUBSCRIBE_SECRET } = deployed;
  expect(parseUnsubscribeSecret({ UNSUBSCRIBE_SECRET }, { local: false })).toBe(UNSUBSCRIBE_SECRET);
});

test("is read at start only when the function is deployed", () => {
  const missing = () => parseMailConfig({}, { local: false });
  expect(() => readAtStart(missing, "send-mail")).toThrow(ConfigError);
  expect(() => readAtStart(missing, "")).not.toThrow();
});

test.each([
  ["SMTP_URL", "mail.example.com:25", "smtp://"],
  ["MAIL_FROM", "The Shop", "e-mail address"],
  ["ADMIN_EMAIL", "admin@example.com\r\nbcc: eve@example.com", "e-mail address"],
  ["PUBLIC_URL", "http://shop.example.com", "https://"],
  ["UNSUBSCRIBE_SECRET", "tomato", "32 characters"],
])("refuses %s as %j", (name, value, expected) => {
  const parse = () => parseMailConfig({ ...deployed, [name]: value }, { local: false });
  expect(parse).toThrow(new RegExp(`${name} .*${expected}`));
});
