import { expect, test } from "@jest/globals";
import { judge } from "./witness.ts";

const said = (...values: (string | undefined)[]) =>
  values.map((value, index) => ({ by: `witness ${index}`, value }));
const stored = (value: string | undefined) => ({ by: "the document", value });

test.each([
  ["agrees when all state the same", "43", ["43", "43"], { agrees: true }],
  ["agrees when no witness is present", "43", [undefined, undefined], { agrees: true }],
  ["repairs when two witnesses agree against the document", "1", ["43", "43"], { right: "43" }],
  ["repairs a missing document by two witnesses", undefined, ["43", "43"], { right: "43" }],
  ["repairs nothing by one witness", "1", ["43", undefined], { right: undefined }],
  ["repairs nothing when a witness agrees with the document", "43", ["43", "44"], { right: undefined }],
  ["repairs by the majority when one witness is wrong", "1", ["43", "43", "43", "44"], { right: "43" }],
  ["repairs nothing when three values are stated", "1", ["2", "3"], { right: undefined }],
  ["repairs nothing when witnesses disagree", "1", ["2", "2", "3"], { right: undefined }],
])("%s", (_name, value, witnesses, expected) => {
  expect({ right: undefined, ...judge(stored(value), said(...witnesses)) }).toMatchObject(expected);
});

test("names the value of the majority", () => {
  expect(judge(stored("43"), said("43", "44"))).toMatchObject({ agrees: false, likely: "43" });
});

test("takes a missing document for the value that its absence means", () => {
  expect(judge(stored(undefined), said("nothing"), "nothing")).toEqual({ agrees: true });
  expect(judge(stored(undefined), said("2 lamp"), "nothing")).toMatchObject({ agrees: false });
});
