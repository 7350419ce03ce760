import type { StdioOptions } from "node:child_process";
import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Started } from "../test/worlds/started.ts";
import { startProcess } from "../test/worlds/started.ts";
import { COMMANDS } from "./commands.ts";
import { linksOf, manualFiles, sectionsOf } from "./manual-sections.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A block of `sh` is run; blocks of `json`, `log` and `text` behind one say what comes of it. */
const recipes = manualFiles().flatMap(file =>
  [...sectionsOf(file)]
    .filter(([, blocks]) => blocks.some(({ language }) => language === "sh"))
    .map(([section]) => [file, section] as const),
);
const hasCurl = spawnSync("curl", ["--version"]).status === 0;
if (!hasCurl) console.warn("The manuals' commands are not run: curl is not installed.");

describe("recipes", () => {
  let started: Started;
  beforeEach(async () => {
    started = await startProcess(["--port", "0"]);
  });
  afterEach(async () => {
    await started.end("SIGINT");
  });

  (hasCurl ? test : test.skip).each(recipes)(
    "%s, %s: prints the result that follows",
    async (file, section) => {
      let ran: Ran = { output: "", since: 0, started };
      for (const { language, text } of sectionsOf(file).get(section) ?? []) {
        if (language === "sh") {
          ran = { since: started.output().length, output: run(text, started.url), started };
        } else if (ran.since > 0) await checks[language]?.(ran, text.trim());
      }
      expect(ran.since).toBeGreaterThan(0);
    },
  );
});

/** The output of the last commands, and where the output of `npm start` stood before them. */
interface Ran {
  output: string;
  since: number;
  started: Started;
}

const checks: Readonly<Record<string, (ran: Ran, text: string) => void | Promise<void>>> = {
  json: ({ output }, text) => expectAnswers(output, text),
  text: ({ output }, text) => expectLines(output, text),
  log: async ({ started, since }, text) => {
    for (const line of text.split("\n")) await started.printed(linePattern(line), since);
  },
};

/** Expects answers that hold at least these fields, one after the other. */
function expectAnswers(output: string, json: string): void {
  const answers = output.replaceAll("}{", "}\n{").trim().split("\n");
  const expected = json.split("\n").map(line => withoutEllipses(JSON.parse(line)));
  expect(answers.map(line => JSON.parse(line))).toMatchObject(expected);
}

/** Expects each of these lines in the output. */
function expectLines(output: string, lines: string): void {
  for (const line of lines.split("\n")) expect(`\n${output}`).toMatch(linePattern(line));
}

/** Runs a block's commands against the runtime of this test; the tools without npm around them. */
function run(commands: string, url: string): string {
  const here = commands
    .replaceAll("http://localhost:8000", url)
    .replaceAll(
      /npm run (parked|replay|close-day)( --)?/g,
      `'${process.execPath}' scripts/operate/$1.ts --url ${url}`,
    );
  const stdio: StdioOptions = ["ignore", "pipe", "ignore"];
  return execFileSync("sh", ["-ec", here], { cwd: root, encoding: "utf8", stdio });
}

/** Replaces `…` by any string. */
function withoutEllipses(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, entry === "…" ? expect.any(String) : entry]),
  );
}

/** Matches a printed line: `…` stands for any text, a blank for any blanks. */
function linePattern(line: string): RegExp {
  const parts = line.split("…").map(part => part.trim().split(/\s+/).map(RegExp.escape).join("\\s+"));
  return new RegExp(`\\s${parts.join(".*")}`);
}

describe("manuals", () => {
  test.each(manualFiles())("%s: links to files that exist", file => {
    expect(linksOf(file).filter(({ target }) => !existsSync(target))).toEqual([]);
  });

  test("lists every npm script", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const listed = Object.values(COMMANDS).flatMap(group => Object.keys(group));
    expect(listed.sort()).toEqual(Object.keys(scripts).sort());
  });

  test("shows generated parts as the code declares them", () => {
    const docs = spawnSync(process.execPath, ["scripts/docs/manuals.ts", "--check"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(docs.stderr).toBe("");
    expect(docs.status).toBe(0);
  });

  test("shows an event type, a reaction and its test that compile", () => {
    const house = mkdtempSync(join(root, "node_modules", ".manual-"));
    try {
      for (const name of ["shared", "scripts", "node_modules"])
        symlinkSync(join(root, name), join(house, name));
      mkdirSync(join(house, "functions", "reactions"), { recursive: true });
      const types = { extends: join(root, "tsconfig.json"), include: ["functions"] };
      writeFileSync(join(house, "tsconfig.json"), JSON.stringify(types));
      const examples = codeIn("functions/reactions/README.md", "Adding a reaction");
      const [eventType = ""] = codeIn("shared/events/README.md", "Adding an event type");
      const write = (name: string, text: string) =>
        writeFileSync(join(house, "functions", "reactions", name), text);
      write("points.ts", examples[0] ?? "");
      write("points.test.ts", examples[1] ?? "");
      const imports = 'import { defineEvent, fields, id } from "../../shared/events/define.ts";\n';
      write("wishlist.ts", `${imports}export const list = [${eventType}];`);
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const { stdout } = spawnSync(process.execPath, [tsc, "-p", house], { encoding: "utf8" });
      expect(examples).toHaveLength(2);
      expect(stdout).toBe("");
    } finally {
      rmSync(house, { recursive: true });
    }
  });
});

function codeIn(file: string, section: string): string[] {
  const blocks = sectionsOf(file).get(section) ?? [];
  return blocks.filter(({ language }) => language === "ts").map(({ text }) => text);
}
