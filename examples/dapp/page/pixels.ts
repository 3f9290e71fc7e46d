import { SIDE } from './raster.js';

/** Shows grey values on a canvas of 28 by 28, white on black as the model has them. */
export function showPixels(canvas: HTMLCanvasElement, pixels: ArrayLike<number>): void {
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  const image = context.createImageData(SIDE, SIDE);
  for (let i = 0; i < SIDE * SIDE; i++) image.data.set([pixels[i], pixels[i], pixels[i], 255], 4 * i);
  context.putImageData(image, 0, 0);
}

/** A small picture of grey values. @param label what it shows, for those who do not see it; undefined where the text around says it */
export function makePicture(pixels: ArrayLike<number>, label?: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.className = 'pixels';
  if (label === undefined) canvas.setAttribute('aria-hidden', 'true');
  else {
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', label);
  }
  showPixels(canvas, pixels);
  return canvas;
}
