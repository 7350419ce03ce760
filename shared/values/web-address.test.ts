import { expect, test } from "@jest/globals";
import { webAddress } from "./web-address.ts";

test.each([
  ["https://dhl.com/track?id=1", "https://dhl.com/track?id=1"],
  ["HTTP://DHL.com", "http://dhl.com/"],
  ["https://dhl.com/ü", "https://dhl.com/%C3%BC"],
  ["javascript:alert(1)", undefined],
  ["data:text/html,hi", undefined],
  ["//dhl.com", undefined],
  ["dhl.com", undefined],
  ["https://dhl.com@evil.example", undefined],
  ["https://user:word@dhl.com", undefined],
  ["https://", undefined],
  [`https://dhl.com/${"ü".repeat(1000)}`, undefined],
])("reads %s as %s", (text, address) => {
  expect(webAddress(text)).toBe(address);
});
