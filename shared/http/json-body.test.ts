import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { readJsonObject } from "./json-body.ts";
import { Problem } from "./problem.ts";

function read(body: string | Buffer, contentType = "application/json") {
  const headers = { "content-type": contentType };
  const query = new URLSearchParams();
  return readJsonObject({ method: "POST", path: "/", query, params: {}, headers, body: Buffer.from(body) });
}

function refusal(body: string | Buffer, contentType?: string): Problem {
  try {
    read(body, contentType);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("body accepted: expected a Problem");
}

describe("media types", () => {
  test.each([
    "application/json",
    "Application/JSON ; charset=UTF-8",
    'application/json;charset="us-ascii"',
    'application/json; charset="ut\\f-8"',
    "application/json; charset=utf8",
    "application/json; charset=utf-8; profile=x",
    'APPLICATION/JSON;Profile="https://example.com/a;charset=utf-16 \\"b\\"";CHARSET=Utf-8',
    "application/json; odata.metadata=minimal",
    "application/json;",
    "application/json ; ; version=1",
  ])("reads a body of type %s", type => {
    expect(read('\ufeff{"é":[1,{}]}', type)).toEqual({ é: [1, {}] });
  });

  test.each([
    "",
    "text/plain",
    "application/jsonx",
    "application/json-patch+json",
    "application/problem+json",
    "application/json; charset=utf-16",
    'application/json; charset="iso-8859-1"',
    "application/json; profile=x; CHARSET=utf-7",
    "application/json; charset=utf-8; charset=utf-16",
    "application/json; charset",
    "application/json; charset=",
    'application/json; profile="x',
    "application/json, text/plain",
  ])("refuses a body of type %p", type => {
    expect(refusal("{}", type)).toMatchObject({ status: 415, slug: "not-json-type" });
  });

  test("judges a header of 16 KiB at once", () => {
    const started = performance.now();
    for (const part of [";", " ;", " ", ';a="', ";a=b"]) {
      const type = `application/json${part.repeat(16_000 / part.length)},`;
      expect(refusal("{}", type)).toMatchObject({ status: 415 });
    }
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe("bodies that are no JSON object", () => {
  test.each([
    ["[]", "Send a JSON object, not an array."],
    ["null", "Send a JSON object, not null."],
    ["1", "Send a JSON object, not a number."],
    ['"x"', "Send a JSON object, not a string."],
    ["true", "Send a JSON object, not a boolean."],
    ["", "Send a JSON object as the body."],
    [" ", "The body is not JSON: it ends too early, at position 1."],
  ])("names the received kind of %j", (body, detail) => {
    expect(refusal(body)).toMatchObject({ status: 400, detail });
  });

  test("names the position of broken JSON without repeating it", () => {
    const { status, detail } = refusal('{"card": "4111", secret}');
    expect([status, detail]).toEqual([400, "The body is not JSON: it breaks at position 17."]);
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
});

describe("nesting", () => {
  const nested = (levels: number) => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

  test("reads 32 levels and refuses one more", () => {
    expect(read(nested(32))).toHaveProperty("a");
    expect(refusal(nested(33))).toMatchObject({ status: 400, slug: "json-too-deep" });
  });

  test("refuses 20,000 levels, closed or not", () => {
    expect(refusal(nested(20_000))).toMatchObject({ slug: "json-too-deep" });
    expect(refusal("[".repeat(250_000))).toMatchObject({ slug: "not-json" });
  });

  test("counts no bracket within a text", () => {
    expect(read(`{"a":"\\"${"[{".repeat(99)}"}`)).toHaveProperty("a");
  });
});

describe("inexact values", () => {
  test("refuses each inexact value with a pointer", () => {
    const { status, slug, faults } = refusal('{"a/b":[1e999,1],"id":12345678901234567890}');
    expect([status, slug]).toEqual([422, "inexact-values"]);
    expect(faults.map(({ pointer }) => pointer)).toEqual(["/a~1b/0", "/id"]);
  });

  test.each([
    ["20,000 below one long key", `{"${"k".repeat(130_000)}":[${Array(20_000).fill("1e999")}]}`],
    [
      "many below keys of control characters",
      `{${Array.from({ length: 400 }, (_, at) => `"${"\\u0001".repeat(99)}${at}":1e999`)}}`,
    ],
  ])(
    "answers at once and within 64 KiB for %s",
    (_what, body) => {
      const { faults } = refusal(body);
      expect(faults.length).toBeGreaterThan(0);
      expect(JSON.stringify(faults).length).toBeLessThan(60 * 1024);
    },
    5_000,
  );
});

describe("repeated keys", () => {
  test.each([
    ["at the top", '{"a":1,"a":1}', ["/a"]],
    ["in a list", '{"l":[{"a":1},{"a":1,"b":{"c":[],"c" : 2}}]}', ["/l/1/b/c"]],
    ["written with an escape", '{"user":1,"\\u0075ser":2}', ["/user"]],
    ["three times", '{"a":1,"a":2,"a":3}', ["/a"]],
    ["in a part that a later key replaces", '{"p":{"q":1,"q":2},"p":{}}', ["/p/q", "/p"]],
    ["named __proto__", '{"__proto__":1,"__proto__":2}', ["/__proto__"]],
    ["of no characters", '{"":1,"":2}', ["/"]],
    ["with quotes", '{"\\"a\\\\":1,"\\"a\\\\":2}', ['/"a\\']],
  ])("refuses a key %s at its place", (_what, body, pointers) => {
    const { status, slug, faults } = refusal(body);
    expect([status, slug]).toEqual([422, "repeated-keys"]);
    expect(faults.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  test("reads equal keys of different objects and texts that look like keys", () => {
    const body = '{"a":{"a":[{"a":"a"},{"a":"\\"a\\":1,\\"a\\":2"}]},"b":"a:","c":["a","a"],"d":"\\\\"}';
    expect(read(body)).toEqual(JSON.parse(body));
  });

  test("refuses every object with one key twice, at any depth and spacing", () => {
    const arbKey = fc.oneof(fc.string(), fc.constantFrom('"', "\\", "__proto__", "0", "é\ud83d\ude00"));
    const arbSpace = fc.constantFrom("", " ", "\n", "\t\r\n ");
    fc.assert(
      fc.property(arbKey, fc.jsonValue({ maxDepth: 3 }), arbSpace, (key, value, space) => {
        const pair = `${space}${JSON.stringify(key)}${space}:${JSON.stringify(value)}`;
        const body = (pairs: string) => `{"in":[0,{${pairs}${space}}]}`;
        expect(refusal(body(`${pair},${pair}`))).toMatchObject({ slug: "repeated-keys" });
      }),
    );
  });

  test.each([
    ["40,000 repetitions", `{${Array(40_000).fill('"a":1').join(",")}}`],
    ["repetitions in 20,000 levels", `{"z":${'{"a":1,"a":'.repeat(20_000)}1${"}".repeat(20_000)},"z":1}`],
    ["a key of backslashes", `{"${"\\\\".repeat(60_000)}":1,"a":1,"a":2}`],
  ])(
    "answers at once and within 64 KiB for %s",
    (_what, body) => {
      const { slug, faults } = refusal(body);
      expect(slug).toBe("repeated-keys");
      expect(JSON.stringify(faults).length).toBeLessThan(60 * 1024);
    },
    5_000,
  );
});

describe("any body", () => {
  test("changes no prototype for any key", () => {
    const value = read('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect("admin" in {}).toBe(false);
  });

  test("returns an object as JSON.parse does, or refuses it", () => {
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
  });

  test("refuses every text that is no object", () => {
    fc.assert(
      fc.property(fc.string(), text => {
        fc.pre(!text.includes("{"));
        expect(() => read(text)).toThrow(Problem);
      }),
    );
  });
});
