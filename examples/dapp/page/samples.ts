import { find, make } from './dom.js';
import { makePicture } from './pixels.js';

/** A row of handwritten digits to take instead of drawing one. */
export function setUpSamples(
  pictures: readonly (readonly number[])[],
  onTake: (pixels: readonly number[]) => void,
): void {
  const buttons = pictures.map((pixels, digit) => {
    const button = make(
      'button',
      { type: 'button', class: 'sample', 'aria-label': `Sample ${digit}` },
      makePicture(pixels),
    );
    button.addEventListener('click', () => onTake(pixels));
    return button;
  });
  find('samples').replaceChildren(...buttons);
}
