import { announce, find } from './dom.js';
import { type Point, rasterize, SIDE, type Stroke } from './raster.js';

/** Step of the keyboard's pen, as a share of the surface. */
const STEP = 1 / SIDE;
const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** What is drawn: strokes of one's own, or a picture that was taken. */
type Drawing = { readonly strokes: Point[][] } | { readonly pixels: readonly number[] };

const clamp = (value: number) => Math.min(Math.max(value, 0), 1);

/** The drawing area. Calls back with 784 grey values on every change, and with null when it is empty. */
export class Surface {
  private readonly canvas = find<HTMLCanvasElement>('surface');
  private drawing: Drawing = { strokes: [] };
  /** The keyboard's pen; null until a key is pressed. */
  private cursor: Point | null = null;
  private isDown = false;

  constructor(private readonly onChange: (pixels: Float64Array | null) => void) {
    const { canvas } = this;
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.cursor = null;
      this.isDown = false;
      this.startStroke(this.pointOf(event));
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      for (const part of event.getCoalescedEvents?.() ?? [event]) this.extendStroke(this.pointOf(part));
    });
    canvas.addEventListener('keydown', (event) => this.pressKey(event));
    canvas.addEventListener('blur', () => {
      this.cursor = null;
      this.isDown = false;
      this.paint();
    });
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.paint());
    new ResizeObserver(() => this.fit()).observe(canvas);
    this.fit();
  }

  clear(): void {
    this.show({ strokes: [] });
  }

  /** Shows a picture of 784 grey values. */
  take(pixels: readonly number[]): void {
    this.show({ pixels });
  }

  private show(drawing: Drawing): void {
    this.drawing = drawing;
    this.isDown = false;
    this.changed();
  }

  private pointOf(event: PointerEvent): Point {
    const box = this.canvas.getBoundingClientRect();
    return { x: clamp((event.clientX - box.left) / box.width), y: clamp((event.clientY - box.top) / box.height) };
  }

  private startStroke(at: Point): void {
    if ('pixels' in this.drawing) this.drawing = { strokes: [] };
    this.drawing.strokes.push([at]);
    this.changed();
  }

  private extendStroke(to: Point): void {
    if ('pixels' in this.drawing) return;
    this.drawing.strokes.at(-1)?.push(to);
    this.changed();
  }

  private pressKey(event: KeyboardEvent): void {
    const move = MOVES[event.key];
    if (event.key === ' ') {
      this.cursor ??= { x: 0.5, y: 0.5 };
      this.isDown = !this.isDown;
      if (this.isDown) this.startStroke(this.cursor);
      announce(this.isDown ? 'Pen down' : 'Pen up');
    } else if (move) {
      const from = this.cursor ?? { x: 0.5, y: 0.5 };
      this.cursor = { x: clamp(from.x + move[0] * STEP), y: clamp(from.y + move[1] * STEP) };
      if (this.isDown) this.extendStroke(this.cursor);
    } else if (event.key === 'Delete' || event.key === 'Backspace') {
      this.clear();
      announce('Cleared');
    } else return;
    event.preventDefault();
    this.paint();
  }

  private changed(): void {
    this.paint();
    if ('pixels' in this.drawing) this.onChange(Float64Array.from(this.drawing.pixels));
    else this.onChange(this.drawing.strokes.length > 0 ? rasterize(this.drawing.strokes) : null);
  }

  /** As many pixels as the screen has for the canvas. */
  private fit(): void {
    const { width } = this.canvas.getBoundingClientRect();
    const size = Math.round(width * Math.min(window.devicePixelRatio, 2)) || 560;
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    this.paint();
  }

  private paint(): void {
    const { canvas, drawing, cursor } = this;
    const size = canvas.width;
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    const style = getComputedStyle(canvas);
    context.clearRect(0, 0, size, size);
    context.fillStyle = context.strokeStyle = style.color;
    context.lineCap = context.lineJoin = 'round';
    find('surface-hint').hidden = 'pixels' in drawing || drawing.strokes.length > 0 || cursor !== null;
    if ('pixels' in drawing) paintPixels(context, drawing.pixels, size);
    else paintStrokes(context, drawing.strokes, size);
    if (!cursor) return;
    context.strokeStyle = style.getPropertyValue('--accent');
    context.lineWidth = size / 180;
    context.beginPath();
    context.arc(cursor.x * size, cursor.y * size, size / (this.isDown ? 45 : 28), 0, 2 * Math.PI);
    context.stroke();
  }
}

function paintStrokes(context: CanvasRenderingContext2D, strokes: readonly Stroke[], size: number): void {
  context.lineWidth = size * 0.075;
  for (const stroke of strokes) {
    context.beginPath();
    context.moveTo(stroke[0].x * size, stroke[0].y * size);
    for (const { x, y } of stroke.length > 1 ? stroke.slice(1) : stroke) context.lineTo(x * size, y * size);
    context.stroke();
  }
}

/** The picture in the colour of ink: grey becomes opacity. */
function paintPixels(context: CanvasRenderingContext2D, pixels: readonly number[], size: number): void {
  const small = new OffscreenCanvas(SIDE, SIDE);
  const image = new ImageData(SIDE, SIDE);
  pixels.forEach((value, i) => {
    image.data[4 * i + 3] = value;
  });
  const inner = small.getContext('2d') as OffscreenCanvasRenderingContext2D;
  inner.putImageData(image, 0, 0);
  inner.globalCompositeOperation = 'source-in';
  inner.fillStyle = context.fillStyle;
  inner.fillRect(0, 0, SIDE, SIDE);
  context.imageSmoothingQuality = 'high';
  context.drawImage(small, 0, 0, size, size);
}
