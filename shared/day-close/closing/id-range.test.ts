import { expect, test } from "@jest/globals";
import { hashOf } from "../../values/ids.ts";
import { borders } from "./id-range.ts";

test.each([
  { shards: 1, expected: [["00", "~"]] },
  {
    shards: 4,
    expected: [
      ["00", "80"],
      ["80", "g0"],
      ["g0", "r0"],
      ["r0", "~"],
    ],
  },
])("splits all ids into $shards ranges without gaps", ({ shards, expected }) => {
  expect(Array.from({ length: shards }, (_, shard) => borders(shard, shards))).toEqual(expected);
});

test("gives each hashed id to exactly one of three shards", () => {
  for (let n = 0; n < 300; n += 1) {
    const id = hashOf("id", String(n));
    const owners = [0, 1, 2].filter(shard => {
      const [from, to] = borders(shard, 3);
      return from <= id && id < to;
    });
    expect(owners).toHaveLength(1);
  }
});
