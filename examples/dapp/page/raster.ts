/** Edge of the model's input. */
export const SIDE = 28;
/** Edge of the box that a digit fills, as in the pictures that the model was trained on. */
const BOX = 20;
/** Half of the width of a stroke, in pixels of the model. */
const PEN = 1.15;
/** A dot is not blown up to a digit. */
const MOST_ZOOM = 2.5;

/** A point of the drawing; the drawing area is the square from 0 to 1. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Stroke = readonly Point[];

/**
 * The drawing as the model takes it: 784 grey values, 0 to 255, white on black. It is scaled to a box of 20 pixels and its
 * centre of mass put in the middle, as was done with the pictures of the training set.
 */
export function rasterize(strokes: readonly Stroke[]): Float64Array {
  const points = strokes.flat();
  if (points.length === 0) return new Float64Array(SIDE * SIDE);
  const [left, right] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const [top, bottom] = [Math.min(...points.map(({ y }) => y)), Math.max(...points.map(({ y }) => y))];
  const zoom = Math.min((BOX - 2 * PEN) / Math.max(right - left, bottom - top, 1e-6), MOST_ZOOM * SIDE);
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
  const place = (dx: number, dy: number) =>
    strokes.map((stroke) =>
      stroke.map(({ x, y }) => ({ x: (x - middleX) * zoom + SIDE / 2 + dx, y: (y - middleY) * zoom + SIDE / 2 + dy })),
    );
  const mass = findMass(paint(place(0, 0)));
  return paint(place(SIDE / 2 - mass.x, SIDE / 2 - mass.y));
}

function findMass(pixels: Float64Array): Point {
  let [sum, x, y] = [0, 0, 0];
  pixels.forEach((value, i) => {
    sum += value;
    x += value * ((i % SIDE) + 0.5);
    y += value * (Math.floor(i / SIDE) + 0.5);
  });
  return sum === 0 ? { x: SIDE / 2, y: SIDE / 2 } : { x: x / sum, y: y / sum };
}

/** Grey by the distance of each pixel from the nearest stroke. */
function paint(strokes: readonly Stroke[]): Float64Array {
  return Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
    const pixel = { x: (i % SIDE) + 0.5, y: Math.floor(i / SIDE) + 0.5 };
    let nearest = Number.POSITIVE_INFINITY;
    for (const stroke of strokes) {
      for (let at = 0; at < stroke.length; at++)
        nearest = Math.min(nearest, distance(pixel, stroke[Math.max(at - 1, 0)], stroke[at]));
    }
    return Math.round(255 * Math.min(Math.max(PEN + 0.5 - nearest, 0), 1));
  });
}

/** From a point to a line between two others. */
function distance(p: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(Math.max(((p.x - a.x) * dx + (p.y - a.y) * dy) / length, 0), 1);
  return Math.hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}
