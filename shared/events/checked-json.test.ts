import { describe, expect, test } from "@jest/globals";
import { checkJson, MAX_EVENT_VALUES, MAX_JSON_DEPTH } from "./checked-json.ts";

const checked = (text: string) => checkJson(JSON.parse(text));
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const pointers = (faults: readonly { pointer: string }[]) => faults.map(({ pointer }) => pointer);

describe("keys and values that no event may hold", () => {
  test.each([
    ["a key __proto__", '{"a":[{"__proto__":{"polluted":1}}]}', "/a/0/__proto__"],
    ["a key __proto__ of the body", '{"__proto__":{"event_type":"order.placed"}}', "/__proto__"],
    ["a key constructor", '{"a":{"constructor":[]}}', "/a/constructor"],
    ["a key prototype", '{"prototype":1}', "/prototype"],
    ["a number beyond a double", '{"x":[1e999]}', "/x/0"],
    ["a negative number beyond a double", '{"x":-1e999}', "/x"],
    ["half a surrogate pair", '{"x":"\\ud800"}', "/x"],
    ["half a surrogate pair in a key", '{"\\udc00":1}', "/\ufffd"],
    ["NUL in a text", '{"x":"a\\u0000"}', "/x"],
    ["NUL in a key", '{"a\\u0000":1}', "/a\0"],
    ["a key with slash and tilde", '{"a/b~c":1e999}', "/a~1b~0c"],
  ])("finds %s at its place", (_what, text, pointer) => {
    expect(pointers(checked(text).unfit)).toEqual([pointer]);
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test("finds values that JSON lacks, but no undefined field", () => {
    expect(pointers(checkJson({ a: undefined, b: [undefined], c: () => 1 }).unfit)).toEqual(["/b/0", "/c"]);
  });

  test("finds nothing in a plain body", () => {
    const { unfit, inexact } = checked('{"a":[null,true,0,-1.5,"é",{"toString":"","":[]}]}');
    expect([unfit, inexact]).toEqual([[], []]);
  });
});

describe("inexact values", () => {
  test("lists inexact values in document order", () => {
    const { inexact } = checked(
      '{"a/b":[1e999,1],"id":12345678901234567890,"n~":"\\ud800","\\udc00":[1e999]}',
    );
    expect(inexact.map(({ pointer, received }) => [pointer, received])).toEqual([
      ["/a~1b/0", "a larger number"],
      ["/id", "a larger number"],
      ["/n~0", "a string with half a surrogate pair"],
      ["", "a key with half a surrogate pair"],
    ]);
  });

  test("accepts every number and text that a copy keeps", () => {
    const text =
      '{"max":9007199254740991,"price":89.99,"tiny":1e-320,"pair":"\\ud83d\\ude00","nul":"\\u0000"}';
    expect(checked(text).inexact).toEqual([]);
  });

  test("locates at most 1,000 inexact values", () => {
    expect(checkJson(Array(20_000).fill(2 ** 60)).inexact).toHaveLength(1_000);
  });
});

describe("bounds", () => {
  test("counts the outermost value as level 1", () => {
    expect(checked(nested(MAX_JSON_DEPTH))).toMatchObject({ isTooDeep: false, unfit: [] });
    const { isTooDeep, unfit } = checked(nested(MAX_JSON_DEPTH + 1));
    expect([isTooDeep, pointers(unfit)]).toEqual([true, ["/0".repeat(MAX_JSON_DEPTH)]]);
  });

  test("survives 20,000 levels", () => {
    expect(checked(nested(20_000))).toMatchObject({
      isTooDeep: true,
      unfit: [{ received: "one level more" }],
    });
  });

  test("counts objects, arrays and plain values", () => {
    const isEventSized = (plain: number) => checkJson({ a: Array(plain).fill(1) }).isEventSized;
    expect([isEventSized(MAX_EVENT_VALUES - 2), isEventSized(MAX_EVENT_VALUES - 1)]).toEqual([true, false]);
  });

  test("stops after the given number of values", () => {
    const value = [...Array(MAX_EVENT_VALUES).fill(1), Number.POSITIVE_INFINITY];
    expect(checkJson(value, MAX_EVENT_VALUES)).toMatchObject({ isEventSized: false, inexact: [] });
    expect(checkJson(value).inexact).toHaveLength(1);
  });
});
