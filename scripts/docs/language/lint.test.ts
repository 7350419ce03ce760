import { describe, expect, test } from "@jest/globals";
import { faultsOfFile } from "./lint.ts";

const problemsIn = (content: string, file = "shared/a.ts") =>
  faultsOfFile(file, content).map(({ line, problem }) => `${line} ${problem}`);

describe("language rules", () => {
  test.each([
    ["/** What the order holds. */", '1 doc comment begins with "what"'],
    ["/** For the sweep: drives it on. */", '1 doc comment begins with "for"'],
    ["// Nobody waits for an answer.", '1 pronoun without a noun: "nobody"'],
    ["// The event was heard of.", '1 term gone for good: "heard"'],
    ["\n// The task ends. Of a lane it takes the head.", "2 sentence begins with a pronoun or preposition"],
    [`// ${"word ".repeat(21)}`, "1 sentence of 21 words, expected at most 20"],
    ["const floodShard = 1;", "1 name with a term gone for good: floodShard"],
    ['test("what is late is kept", () => undefined);', '1 test name begins with "what"'],
    [
      'test.each([["a"]])("keeps a b c d e f g h i j k l", () => undefined);',
      "1 test name of 13 words, expected at most 12",
    ],
    ['throw new Error("the mail met somebody at the door");', '1 term gone for good: "met"'],
  ])("refuses %j", (content, problem) => {
    expect(problemsIn(content).join("\n")).toContain(problem);
  });

  test("accepts plain sentences, code in comments and names of JavaScript", () => {
    const plain = `
/**
 * Commits the unit of work. The \`hearsay\` field stays.
 * @returns the entry; undefined when the entry expired
 * @example what(); nobody();
 */
const all = await Promise.allSettled(list);
const pattern = /"nobody told us"/;
test("keeps the event when it arrives late", () => undefined);
`;
    expect(problemsIn(plain)).toEqual([]);
  });

  test("checks the prose of manuals, not their code and tables", () => {
    const manual = "# What\n\nThe night ends.\n\n```sh\nnobody\n```\n\n| nobody |\n| --- |\n";
    expect(problemsIn(manual, "a.md")).toEqual(['3 term gone for good: "night"']);
  });
});
