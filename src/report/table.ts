import { type Html, html, type Part } from './html.js';

/** One part of the page, with its name for the list of contents. */
export interface Section {
  readonly id: string;
  readonly heading: string;
  readonly body: Html;
}

/** A column: its heading, and whether it holds numbers. */
export type Column = readonly [heading: string, kind?: 'n'];

/** A table that scrolls by itself where it is wider than the page. The first cell of a row is its heading. */
export function drawTable(label: string, columns: readonly Column[], rows: readonly (readonly Part[])[]): Html {
  const head = columns.map(([heading, kind]) => html`<th scope="col"${kind && html` class="n"`}>${heading}</th>`);
  const body = rows.map(
    ([first, ...rest]) => html`<tr><th scope="row">${first}</th>${rest.map(
      (cell, i) => html`<td${columns[i + 1][1] && html` class="n"`}>${cell}</td>`,
    )}</tr>
`,
  );
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table><caption>${label}</caption><thead><tr>${head}</tr></thead>
<tbody>${body}</tbody></table></div>
`;
}

/** Names and what they stand for. */
export function drawFacts(facts: readonly (readonly [name: string, value: Part])[]): Html {
  return html`<dl class="facts">${facts.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
  )}</dl>
`;
}

/** What a colour of a picture stands for. */
export function legend(tone: 'a' | 'b', text: string): Html {
  return html`<span class="legend"><span class="key ${tone}"></span>${text}</span>`;
}
