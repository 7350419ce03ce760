import { expect, test } from "@jest/globals";
import { tell, tellMany } from "./interleave.ts";

test("reminds nobody after a purchase, sends nothing twice and forgets no cart, in 2,000 shopping trips", () => {
  const faults: string[] = [];
  const ends = tellMany({ seed: 1, times: 2_000 }, ({ seed, faults: found }) =>
    faults.push(`seed ${seed}: ${found.join("; ")}`),
  );
  expect(faults).toEqual([]);
  // All of it happens: otherwise nothing would have been tried.
  expect(ends).toEqual({
    sent: expect.any(Number),
    skipped: expect.any(Number),
    unknown: expect.any(Number),
  });
  expect(Math.min(...Object.values(ends))).toBeGreaterThan(20);
});

test("would notice a reminder that does not look at the cart", () => {
  const careless = Array.from({ length: 200 }, (_, seed) => tell(seed, true));
  expect(careless.flatMap(({ faults }) => faults).join()).toContain("after it was bought");
});
