import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { readJsonObject } from "./json-body.ts";
import { Problem } from "./problem.ts";

function read(body: string | Buffer, contentType: string | undefined = "application/json") {
  const headers = contentType === undefined ? {} : { "content-type": contentType };
  const query = new URLSearchParams();
  return readJsonObject({ method: "POST", path: "/", query, params: {}, headers, body: Buffer.from(body) });
}

function refusal(body: string | Buffer, contentType?: string | undefined): Problem {
  try {
    read(body, contentType);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("It was not refused.");
}

test.each(["application/json", "Application/JSON ; charset=UTF-8", 'application/json;charset="us-ascii"'])(
  "reads %s",
  type => {
    expect(read('\ufeff{"é":[1,{}]}', type)).toEqual({ é: [1, {}] });
  },
);

test.each([
  "",
  "text/plain",
  "application/jsonx",
  "application/problem+json",
  "application/json; charset=utf-16",
])("refuses the type %p", type => {
  expect(refusal("{}", type)).toMatchObject({ status: 415 });
});

test("says what came instead of an object", () => {
  const details = ["[]", "null", "1", '"x"', "true", "", " "].map(body => refusal(body).detail);
  expect(details).toEqual([
    "Send a JSON object; an array came.",
    "Send a JSON object; null came.",
    "Send a JSON object; a number came.",
    "Send a JSON object; a string came.",
    "Send a JSON object; a boolean came.",
    "Send a JSON object as the body.",
    "The body is not JSON: it ends too early, at position 1.",
  ]);
});

test("says where the JSON breaks without repeating it", () => {
  const { status, detail } = refusal('{"card": "4111", secret}');
  expect(status).toBe(400);
  expect(detail).toBe("The body is not JSON: it breaks at position 17.");
});

test.each([
  ["an overlong slash", [0xc0, 0xaf]],
  ["half a surrogate pair", [0xed, 0xa0, 0x80]],
  ["a lone continuation", [0x80]],
])("refuses %s in the bytes", (_what, bytes) => {
  expect(refusal(Buffer.from([0x7b, 0x22, ...bytes, 0x22, 0x3a, 0x31, 0x7d]))).toMatchObject({
    slug: "not-utf-8",
  });
});

test("refuses UTF-16", () => {
  expect(refusal(Buffer.from("\ufeff{}", "utf16le"))).toMatchObject({ status: 400 });
});

test("refuses 20,000 levels, closed or not, and counts no bracket within a string", () => {
  expect(refusal(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`)).toMatchObject({ slug: "json-too-deep" });
  expect(refusal("[".repeat(250_000))).toMatchObject({ slug: "json-too-deep" });
  expect(refusal(`{"a":${"[".repeat(16)}${"]".repeat(16)}}`)).toMatchObject({ slug: "json-too-deep" });
  expect(read(`{"a":${"[".repeat(15)}${"]".repeat(15)}}`)).toHaveProperty("a");
  expect(read(`{"a":"\\"${"[{".repeat(99)}"}`)).toHaveProperty("a");
});

test("points at values that would not arrive as they were sent", () => {
  const { status, faults } = refusal(
    '{"a/b":[1e999,1],"id":12345678901234567890,"n~":"\\ud800","\\udc00":1}',
  );
  expect(status).toBe(422);
  expect(faults.map(({ pointer }) => pointer)).toEqual(["/a~1b/0", "/id", "/n~0", ""]);
  expect(read('{"max":9007199254740991,"price":89.99,"tiny":1e-320,"pair":"\\ud83d\\ude00"}')).toBeTruthy();
});

test.each([
  ["20,000 below one long key", `{"${"k".repeat(130_000)}":[${Array(20_000).fill("1e999")}]}`],
  [
    "many below keys of control characters",
    `{${Array.from({ length: 400 }, (_, at) => `"${"\\u0001".repeat(99)}${at}":1e999`)}}`,
  ],
])(
  "answers at once and in at most 64 KiB, where values that would change are %s",
  (_what, body) => {
    const { faults } = refusal(body);
    expect(faults.length).toBeGreaterThan(0);
    expect(JSON.stringify(faults).length).toBeLessThan(60 * 1024);
  },
  5_000,
);

test("changes no prototype, whatever the keys are", () => {
  const value = read('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}');
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
  expect("admin" in {}).toBe(false);
});

test("returns any object as JSON.parse does, or refuses it", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), value => {
      const json = JSON.stringify({ value });
      try {
        expect(read(json)).toEqual(JSON.parse(json));
      } catch (error) {
        expect(error).toMatchObject({ slug: "inexact-values" });
      }
    }),
  );
  fc.assert(
    fc.property(fc.string(), text => {
      fc.pre(!text.includes("{")); // the rest of what chance writes is no object
      expect(() => read(text)).toThrow(Problem);
    }),
  );
});
