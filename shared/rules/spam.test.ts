import { expect, test } from "@jest/globals";
import { normalisedText, SAME_TEXT_USERS, spamReasons } from "./spam.ts";

const oneUser = { sameTextUsers: 1 };

test.each([
  ["Great!"],
  ["The sound is good. I compared it at https://example.com before I bought it."],
  ["I LOVE these headphones, they are the best I ever had and the cable is long enough."],
  ["Sehr gut, würde ich wieder kaufen; die Kinder auch. Aaah!"],
  ["它很好用，我很喜欢。"],
  [""],
])("publishes %j", text => {
  expect(spamReasons(text, oneUser)).toEqual([]);
});

test.each([
  ["see http://a.example and https://b.example", "more than one link"],
  ["www.a.example www.b.example", "more than one link"],
  ["soooooooooooo good", "repetition"],
  ["buy buy buy buy buy it now from me", "repetition"],
  ["THIS IS THE VERY BEST PRODUCT EVER", "shouting"],
  ["Win at our C A S I N O? no: the CASINO next door", "words on the blocklist"],
  ["Click   here! Free today.", "words on the blocklist"],
])("holds %j for %s", (text, reason) => {
  expect(spamReasons(text, oneUser)).toContain(reason);
});

test("holds a text of several users unless the text is short", () => {
  const text = "These headphones changed my life and my neighbour's too.";
  expect(spamReasons(text, { sameTextUsers: SAME_TEXT_USERS - 1 })).toEqual([]);
  expect(spamReasons(text, { sameTextUsers: SAME_TEXT_USERS })).toEqual([
    "the same text from several people",
  ]);
  expect(spamReasons("Great!", { sameTextUsers: 9 })).toEqual([]);
});

test("ignores case, spaces, punctuation and accents when texts are compared", () => {
  expect(normalisedText("  Trés   BIEN, très bien! ")).toBe("tres bien tres bien");
});
