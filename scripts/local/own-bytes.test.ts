import { expect, test } from "@jest/globals";
import { ownBytes } from "./own-bytes.ts";

test("own bytes hold nothing but themselves in memory", () => {
  const read = Buffer.alloc(65_536, "neighbours ");
  read.write("mine", 1000);
  const own = ownBytes(read.subarray(1000, 1004));
  expect(own.toString()).toBe("mine");
  expect(own.buffer.byteLength).toBe(4);
});
