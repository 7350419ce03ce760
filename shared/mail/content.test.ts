import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Block, Content } from "./content.ts";
import { render } from "./content.ts";
import { oneLine } from "./outside-text.ts";
import { templates } from "./templates.ts";

/** Returns the visible text of an HTML mail. */
function visibleText(html: string): string {
  const body = /<body[^>]*>([\s\S]*)<\/body>/.exec(html)?.[1] ?? "";
  return body
    .replace(/<a href="([^"]*)">([^<]*)<\/a>/g, "$2: $1")
    .replace(/<\/?(?:p|ul)>/g, " ")
    .replace(/<li>([^<]*)<\/li>/g, "- $1")
    .replace(
      /&(lt|gt|quot|#39|amp);/g,
      (_whole, name) => ({ lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" })[name as string] ?? "",
    );
}

const words = (text: string) => text.split(/\s+/).filter(Boolean);

test("renders the same words in text and HTML, and escapes markup", () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&amp;"),
  );
  const block: fc.Arbitrary<Block> = fc.oneof(
    text,
    fc.record({ list: fc.array(text, { minLength: 1 }) }),
    fc.record({ link: text, url: fc.webUrl() }),
  );
  fc.assert(
    fc.property(text, fc.array(block), (subject, blocks) => {
      const rendered = render({ subject, blocks });
      const tags = rendered.html.match(/<\/?[a-z!][^>]*>/gi) ?? [];
      const known = /^<\/?(?:!doctype|html|head|meta|title|body|p|ul|li|a)\b/i;
      expect(tags.filter(tag => !known.test(tag))).toEqual([]);
      expect(words(visibleText(rendered.html))).toEqual(words(rendered.text));
    }),
    { numRuns: 40 },
  );
});

test("keeps foreign links out of every template and own links in", () => {
  const bad = "evil.example";
  const line = { product_id: bad, product_name: `Lamp ${bad}`, quantity: 1 };
  const ids = { order_id: bad, purchase_id: bad, course_id: bad, supplier_order_id: bad, product_id: bad };
  const rest = {
    current_stock: 1,
    threshold: 2,
    ordered: { quantity: 1, supplier: bad, supplier_order_id: bad },
  };
  const facts = { ...ids, ...rest, name: bad, reason: bad, product_name: bad, supplier: bad, quantity: 1 };
  const links = ["https://shop.example/unsubscribe/t", "https://shop.example/saved-cart/t"] as const;
  const own = {
    marketing: { unsubscribeUrl: links[0], cartUrl: links[1], postalAddress: "1 Example Street" },
  };
  for (const template of Object.values(templates)) {
    const content = (template as (all: object) => Content)({ ...facts, lines: [line], ...own });
    const { subject, text } = render(content);
    expect(`${subject} ${text}`).not.toContain(bad);
  }
  const reminder = render(templates["cart-reminder"]({ lines: [line], ...own }));
  expect(reminder.text).toContain("1 × Lamp [link removed]");
  for (const shown of [...links, "1 Example Street"]) expect(reminder.text).toContain(shown);
});

test("keeps line breaks, hidden characters and links out of the greeting", () => {
  const greeting = (name: string) => render(templates.welcome({ name })).text.split("\n")[0];
  expect(greeting("Ann\r\nBcc: eve")).toBe("Hello Ann Bcc: eve,");
  expect(greeting("Ann\r\nBcc: eve@example.com")).toBe("Hello,");
  expect(greeting("Ann\u202E\u2028B")).toBe("Hello Ann B,");
  expect(greeting("You won! https://evil.example/x")).toBe("Hello,");
  expect(greeting("x".repeat(61))).toBe("Hello,");
  expect(oneLine(" a \u0000 b ")).toBe("a b");
});
