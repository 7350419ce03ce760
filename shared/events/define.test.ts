import { expect, test } from "@jest/globals";
import * as v from "valibot";
import { email, oneLine, text } from "./define.ts";

test("accepts prose of several lines and names in any script", () => {
  expect(v.is(text(99), "Dear all,\n\n\tit is here.\n")).toBe(true);
  expect(v.is(text(99), "")).toBe(true);
  expect(v.is(oneLine(30), "Été 👩‍👩‍👧 – \u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645")).toBe(true);
});

test.each(["a\0b", "\ud800", "x".repeat(100)])("refuses %j as prose and as a name", sent => {
  expect([v.is(text(99), sent), v.is(oneLine(99), sent)]).toEqual([false, false]);
});

test.each(["", "a\nb", "a\rb", "a\tb", "\u001b[31m", "\u0085", "\u2028"])("refuses %j as a name", sent => {
  expect(v.is(oneLine(99), sent)).toBe(false);
});

test.each([
  ...["a@b", "ann.o'neil+shop_1@mail.example-shop.org", "用户@例子.广告", "anü@हिन्दी.भारत"],
  `${"x".repeat(64)}@x.org`,
])("accepts %j as an e-mail address", sent => {
  expect(v.is(email, sent)).toBe(true);
});

test.each([
  ...["<v@x.org", "a>@x.org", "a@x.org,b", "a@x..org", ".a@x.org", "a.@x.org", "a..b@x.org", "a@.x", "a@x."],
  ...[
    "a@-x.org",
    "a@x-.org",
    "a@x_y.org",
    "a@[127.0.0.1]",
    'a"b@x.org',
    "a(b)@x.org",
    "a b@x.org",
    "a@b@x.org",
  ],
  ...["a\u200b@x.org", "@x.org", "a@", `${"x".repeat(65)}@x.org`, `a@${"x".repeat(65)}.org`],
])("refuses %j as an e-mail address, as mail servers do", sent => {
  expect(v.is(email, sent)).toBe(false);
});
