import type { Page } from 'playwright-core';

/** Strokes of digits on the unit square, as a visitor may draw them. */
export const STROKES: Readonly<Record<number, readonly (readonly (readonly [number, number])[])[]>> = {
  1: [
    [
      [0.5, 0.18],
      [0.5, 0.85],
    ],
  ],
  3: [
    [
      [0.32, 0.22],
      [0.5, 0.14],
      [0.66, 0.26],
      [0.6, 0.42],
      [0.46, 0.48],
      [0.62, 0.54],
      [0.68, 0.72],
      [0.52, 0.86],
      [0.32, 0.78],
    ],
  ],
  7: [
    [
      [0.3, 0.22],
      [0.7, 0.22],
      [0.6, 0.45],
      [0.5, 0.65],
      [0.45, 0.86],
    ],
  ],
};

/** Draws a digit with the mouse. */
export async function drawDigit(page: Page, digit: number): Promise<void> {
  const box = await page.locator('#surface').boundingBox();
  if (!box) throw new Error('there is no drawing area');
  const at = ([x, y]: readonly [number, number]) => [box.x + x * box.width, box.y + y * box.height] as const;
  for (const [first, ...rest] of STROKES[digit]) {
    await page.mouse.move(...at(first));
    await page.mouse.down();
    for (const point of rest) await page.mouse.move(...at(point), { steps: 5 });
    await page.mouse.up();
  }
}
