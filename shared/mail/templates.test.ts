import { expect, test } from "@jest/globals";
import { templates } from "./templates.ts";

const blocksOf = (tracking: object) =>
  templates["order-dispatched"]({ order_id: "ord_1", ...tracking }).blocks.slice(2);

test("lists carrier, number and link of a parcel", () => {
  const tracking = { carrier: "DHL", tracking_number: "JD 1", tracking_url: "https://dhl.com/1" };
  const link = { link: "Follow your parcel", url: "https://dhl.com/1" };
  expect(blocksOf(tracking)).toEqual(["Carrier: DHL", "Tracking number: JD 1", link]);
});

test.each([
  { tracking_url: "javascript:alert(1)" },
  { tracking_url: "https://dhl.com@evil.example" },
  { carrier: "pay at www.evil.example" },
  { tracking_number: "https://evil.example/1" },
  { carrier: "\u200b", tracking_number: "" },
])("leaves out %j", tracking => {
  expect(blocksOf(tracking)).toEqual([]);
});
