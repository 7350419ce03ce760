import { expect, test } from "@jest/globals";
import { copiedBytes } from "./copied-bytes.ts";

test("copies bytes into a buffer that holds nothing else", () => {
  const read = Buffer.alloc(65_536, "neighbours ");
  read.write("mine", 1000);
  read.write("yours", 2000);
  const [mine, none, yours] = copiedBytes([
    read.subarray(1000, 1004),
    Buffer.alloc(0),
    read.subarray(2000, 2005),
  ]);
  expect([mine, none, yours].map(String)).toEqual(["mine", "", "yours"]);
  expect(mine?.buffer.byteLength).toBe("mineyours".length);
});
