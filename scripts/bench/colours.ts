import { type Digit, shiftDigit } from './digits.js';

const SIDE = 32;
const CHANNELS = 3;
/** Darkest ink and brightest paper, of 255, in each channel. */
const BORDER = 96;

/** A repeatable stream of numbers in [0, 1). */
function createUniform(seed: number): () => number {
  let state = (Math.imul(seed, 2654435761) + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * A grey digit painted in a bright colour on a dark one, 3 × 32 × 32, values 0 to 255: what stands in for photographs, of which this
 * project has none. The seed draws both colours.
 */
export function colourDigit({ pixels }: Digit, seed: number, right: number, down: number): Float64Array {
  const uniform = createUniform(seed);
  const draw = (low: number, high: number) =>
    Array.from({ length: CHANNELS }, () => low + Math.floor((high - low) * uniform()));
  const [ink, paper] = [draw(BORDER, 256), draw(0, BORDER)];
  const grey = shiftDigit(pixels, 28, right, down);
  const margin = (SIDE - 28) / 2;
  return Float64Array.from({ length: CHANNELS * SIDE * SIDE }, (_, i) => {
    const c = Math.floor(i / SIDE ** 2);
    const [row, column] = [Math.floor((i % SIDE ** 2) / SIDE) - margin, (i % SIDE) - margin];
    const isInside = row >= 0 && column >= 0 && row < 28 && column < 28;
    const share = isInside ? grey[row * 28 + column] / 255 : 0;
    return Math.round(paper[c] + (ink[c] - paper[c]) * share);
  });
}
