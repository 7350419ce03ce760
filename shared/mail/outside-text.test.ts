import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { LINK_REMOVED, outsideId, outsideName, outsideText } from "./outside-text.ts";

const links = [
  "evil.com",
  "https://evil.example/x",
  "hxxp://1",
  "www.evil",
  "evil.com?a=1",
  "evil.com:8080",
  "evil.com#x",
  "EVIL.COM",
  "evil\u3002com",
  "evil\uFF0Ecom",
  "evil\uFF61com",
  "例子\u3002com",
  "evil\u3002中国",
  "ｅｖｉｌ．ｃｏｍ",
  "evil.भारत",
  "почта.рф",
  "xn--e1afmkfd.xn--p1ai",
  "ann@evil.com",
  "(evil.com)",
  "evil\u00AD.com",
  "evil.\u200Bcom",
  "evil.c\u200Dom",
  "evil\u202E.com",
];

test.each(links)("removes the link %j from every outside text", link => {
  expect(outsideName(`Claim it at ${link}`)).toBeUndefined();
  expect(outsideText(`Sign in at ${link} now`)).toBe(`Sign in at ${LINK_REMOVED} now`);
});

test.each([
  "J. R. R.",
  "Jr.",
  "Ann B.",
  "J.R.R. Tolkien",
  "St. Mary's",
  "3.5 mm",
  "v2.0",
  "O'Neil-Smith",
  "Dr. med. Ada",
  "No. 5 @ 20%",
  "a: b/c",
  "Wait...what",
  "商品です。新しい",
  "ක්\u200Dරම",
  "می\u200Cخواهم",
])("keeps %j as it is spelt", text => {
  expect(outsideText(text)).toBe(text);
  expect(outsideName(text)).toBe(text);
});

test("shows an id with a domain as plain text", () => {
  expect(outsideId("evil.com")).toBe("evil . com");
  expect(outsideId("ann@evil.com")).toBe("ann @ evil . com");
  expect(outsideId("ord_77234")).toBe("ord_77234");
  expect(outsideId("2024.17")).toBe("2024.17");
});

test("leaves a name out when it is invisible or too long", () => {
  for (const name of [undefined, "", "\u200D\u200C", "\u202E", "x".repeat(61)])
    expect(outsideName(name)).toBeUndefined();
});

test("makes one line without a link of any text", () => {
  const part = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...links, "\u00AD", "\u200B", "\n"));
  fc.assert(
    fc.property(fc.array(part), parts => {
      const shown = outsideText(parts.join(""));
      expect(shown).toBe(outsideText(shown));
      expect(shown).not.toMatch(/:\/\/|www\.|[a-z]\.[a-z]{2}|[\r\n\u202E\u200B]/i);
      expect(outsideId(parts.join(""))).not.toMatch(/:\/\/|[a-z]\.[a-z]{2}/i);
    }),
  );
});
