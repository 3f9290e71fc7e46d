/** First in, first out; an item that waits already is not added again. */
export class WorkList {
  private readonly waiting: Uint8Array;
  private ring: Uint32Array;
  private head = 0;
  private count = 0;

  constructor(size: number) {
    this.waiting = new Uint8Array(size);
    this.ring = new Uint32Array(1 << 10);
  }

  add(item: number): void {
    if (this.waiting[item]) return;
    this.waiting[item] = 1;
    if (this.count === this.ring.length) this.grow();
    this.ring[(this.head + this.count++) & (this.ring.length - 1)] = item;
  }

  /** The next item, or -1. */
  take(): number {
    if (this.count === 0) return -1;
    const item = this.ring[this.head];
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.count--;
    this.waiting[item] = 0;
    return item;
  }

  private grow(): void {
    const larger = new Uint32Array(this.ring.length * 2);
    for (let at = 0; at < this.count; at++) larger[at] = this.ring[(this.head + at) & (this.ring.length - 1)];
    this.ring = larger;
    this.head = 0;
  }
}
