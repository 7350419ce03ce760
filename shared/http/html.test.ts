import { describe, expect, test } from "@jest/globals";
import { html } from "./html.ts";

describe("html", () => {
  test("escapes text between tags and in attributes", () => {
    const name = `<b>"Tom" & 'Eve'</b>`;
    expect(`${html`<p title="${name}">${name}</p>`}`).toBe(
      '<p title="&lt;b&gt;&quot;Tom&quot; &amp; &#39;Eve&#39;&lt;/b&gt;">&lt;b&gt;&quot;Tom&quot; &amp; &#39;Eve&#39;&lt;/b&gt;</p>',
    );
  });

  test("keeps nested markup, joins lists, and omits undefined and false", () => {
    const items = ["a", "<"].map(item => html`<li>${item}</li>`);
    expect(`${html`<ul>${items}</ul>${undefined}${false}${7}`}`).toBe("<ul><li>a</li><li>&lt;</li></ul>7");
  });
});
