import { describe, expect, test } from "@jest/globals";
import * as v from "valibot";
import { duration, matching, moment, oneOf, optional, serverUrl, wholeNumber } from "./flag-values.ts";
import { flag, flagSwitch, helpOf, readFlags } from "./flags.ts";
import { UsageError } from "./usage.ts";

const line = {
  command: "npm run demo",
  about: "Shows how flags are read.",
  flags: {
    "events-per-day": flag(wholeNumber({ least: 1, most: 9 }), { value: "N", about: "events" }),
    size: flag(v.optional(oneOf(["small", "large"]), "small"), { value: "SIZE", about: "size" }),
    since: flag(optional(moment()), { value: "DAY", about: "first day" }),
    wait: flag(optional(duration()), { value: "TIME", about: "pause" }),
    url: flag(optional(serverUrl()), { value: "URL", about: "server" }),
    name: flag(optional(matching(/^[a-z]+$/, "small letters")), { value: "NAME", about: "name" }),
    json: flagSwitch("prints JSON"),
  },
};

describe("flags", () => {
  test("reads values, defaults and switches", () => {
    const args = ["--events-per-day", "3", "--since", "2026-11-20", "--wait", "2h", "--url", "http://a:1/x"];
    expect(readFlags(line, args)).toEqual({
      eventsPerDay: 3,
      size: "small",
      since: Date.parse("2026-11-20T00:00:00Z"),
      wait: 7_200_000,
      url: "http://a:1",
      name: undefined,
      json: false,
      words: [],
    });
  });

  test.each([
    [[], "--events-per-day missing: expected a whole number from 1 to 9."],
    [["--events-per-day", "10"], '--events-per-day invalid: expected a whole number from 1 to 9, got "10".'],
    [["--events-per-day", "1", "--size", "x"], '--size invalid: expected one of small, large, got "x".'],
    [["--events-per-day", "1", "--since", "2026-11-31"], "--since invalid: expected a day such as"],
    [["--events-per-day", "1", "--url", "ftp://a"], "--url invalid: expected an address such as"],
    [["--unknown"], "--events-per-day, --size"],
    [["word"], "expected --events-per-day"],
  ])("refuses %j with the expected value", (args, sentence) => {
    expect(() => readFlags(line, args)).toThrow(UsageError);
    expect(() => readFlags(line, args)).toThrow(sentence);
  });

  test("returns the words when the command takes words", () => {
    const flags = readFlags({ ...line, words: "show ID" }, ["show", "7", "--events-per-day", "1", "--json"]);
    expect(flags).toMatchObject({ words: ["show", "7"], json: true });
  });

  test("lists every flag in the help", () => {
    expect(readFlags(line, ["--help"])).toBeUndefined();
    const help = helpOf(line);
    for (const name of Object.keys(line.flags)) expect(help).toContain(`--${name}`);
    expect(help).toContain("Shows how flags are read.");
  });
});
