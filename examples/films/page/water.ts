/** Draws a lane as a mill's channel: the gate that demand lifts, the water that waits, the items that drift in it. */

/** What is drawn. */
export interface Water {
  readonly perSecond: number;
  readonly waiting: number;
  /** Items that it may make now, or that it might make since the last look. */
  readonly allowed: number;
}

export interface Colours {
  readonly surface: string;
  readonly depth: string;
  readonly item: string;
  readonly gate: string;
  readonly bound: string;
  readonly text: string;
}

/** Items that wait for a reader who is slow, and the most that ever do; as services and page are configured. */
const SLOW = 64;
export const BOUND = 256;

/** Pixels above the bound mark. */
const HEADROOM = 14;
const GATE_WIDTH = 5;
/** So many items that it may make lift the gate all the way. */
const WIDE_OPEN = 64;
/** Milliseconds in which what is drawn comes nearly to what is. */
const EASE = 160;
/** Pixels a second that no item comes up to: beyond, the eye sees no difference. */
const FASTEST = 420;
/** Items that one dot stands for. */
const PER_DOT = 5;
/** Milliseconds of movement that a dot shows as its trail. */
const TRAIL = 18;

interface Dot {
  x: number;
  /** From the surface, 0, to the ground, 1. */
  readonly depth: number;
  readonly size: number;
}

export class Channel {
  private readonly context: CanvasRenderingContext2D | null;
  private target: Water = { perSecond: 0, waiting: 0, allowed: 0 };
  private now = { speed: 0, level: 0, gate: 0 };
  private phase = 0;
  private dots: Dot[] = [];
  private width = 0;
  private height = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly seed: number,
  ) {
    this.context = canvas.getContext('2d');
    new ResizeObserver(() => this.resize()).observe(canvas);
  }

  show(water: Water): void {
    this.target = water;
  }

  /** Draws what is `ms` later than the last time; without movement, what is. */
  draw(ms: number, colours: Colours, moving: boolean): void {
    const { context } = this;
    if (context === null || this.width === 0) return;
    this.ease(moving ? 1 - Math.exp(-ms / EASE) : 1);
    if (moving) this.phase += ((6 + this.now.speed * 0.12) * ms) / 1000;
    this.fillDots();
    context.clearRect(0, 0, this.width, this.height);
    this.drawBound(context, colours);
    this.drawWater(context, colours, moving);
    this.drawDots(context, colours, moving ? ms : 0);
    this.drawGate(context, colours);
  }

  /** By Little's law: who comes waits as long as it takes to serve those that wait. */
  private get wantedSpeed(): number {
    const { perSecond, waiting } = this.target;
    if (perSecond < 0.05) return 0;
    const speed = (this.width * perSecond) / Math.max(waiting, 4);
    return FASTEST * (1 - Math.exp(-speed / FASTEST));
  }

  private ease(part: number): void {
    const { waiting, allowed } = this.target;
    const to = { speed: this.wantedSpeed, level: heightOf(waiting), gate: Math.min(1, allowed / WIDE_OPEN) };
    this.now.speed += (to.speed - this.now.speed) * part;
    this.now.level += (to.level - this.now.level) * part;
    this.now.gate += (to.gate - this.now.gate) * part;
  }

  private surfaceAt(x: number, layer: number): number {
    const depth = this.now.level * (this.height - HEADROOM);
    const swell = Math.min(2.4, depth * 0.2) * (0.35 + Math.min(1, this.now.speed / 300));
    const wave =
      Math.sin(x / 34 - this.phase + this.seed + layer) + 0.6 * Math.sin(x / 19 - this.phase * 1.4 + layer * 2);
    return this.height - depth - swell * wave * 0.6 - layer * swell * 0.8;
  }

  private drawBound(context: CanvasRenderingContext2D, { bound, text }: Colours): void {
    context.strokeStyle = bound;
    context.fillStyle = text;
    context.lineWidth = 1;
    context.font = '10px system-ui, sans-serif';
    context.textAlign = 'right';
    context.setLineDash([2, 4]);
    for (const mark of [SLOW, BOUND]) {
      const y = Math.round(this.height - heightOf(mark) * (this.height - HEADROOM)) - 0.5;
      context.beginPath();
      context.moveTo(0, y);
      context.lineTo(this.width, y);
      context.stroke();
      context.fillText(String(mark), this.width - 8, y - 3);
    }
    context.setLineDash([]);
  }

  private drawWater(context: CanvasRenderingContext2D, colours: Colours, moving: boolean): void {
    if (this.now.level * this.height < 0.5) return;
    const step = moving ? 6 : this.width;
    for (const layer of [1, 0]) {
      context.beginPath();
      context.moveTo(0, this.height);
      for (let x = 0; x <= this.width + step; x += step) context.lineTo(x, this.surfaceAt(x, layer));
      context.lineTo(this.width, this.height);
      context.closePath();
      const shade = context.createLinearGradient(0, HEADROOM, 0, this.height);
      shade.addColorStop(0, colours.surface);
      shade.addColorStop(1, colours.depth);
      context.globalAlpha = layer === 1 ? 0.35 : 0.9;
      context.fillStyle = shade;
      context.fill();
    }
    context.globalAlpha = 1;
  }

  private drawDots(context: CanvasRenderingContext2D, { item }: Colours, ms: number): void {
    const trail = (this.now.speed * TRAIL) / 1000;
    context.strokeStyle = item;
    context.lineCap = 'round';
    context.globalAlpha = 0.8;
    for (const dot of this.dots) {
      dot.x += (this.now.speed * ms) / 1000;
      if (dot.x - trail > this.width) dot.x = -Math.random() * 12;
      const top = this.surfaceAt(dot.x, 0) + 4;
      const y = Math.min(this.height - 3, top + dot.depth * Math.max(0, this.height - 4 - top));
      context.lineWidth = dot.size;
      context.beginPath();
      context.moveTo(dot.x, y);
      context.lineTo(dot.x - Math.max(0.01, trail), y);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  /** The gate at the head of the channel: down where no item may come. */
  private drawGate(context: CanvasRenderingContext2D, { gate }: Colours): void {
    const lift = this.now.gate * (this.height - HEADROOM) * 0.7;
    context.fillStyle = gate;
    context.fillRect(0, HEADROOM - 6 - lift * 0.1, GATE_WIDTH, this.height - HEADROOM + 6 - lift);
  }

  private fillDots(): void {
    const { perSecond, waiting } = this.target;
    const most = Math.floor(this.width / 9);
    const wanted = Math.min(most, Math.ceil(waiting / PER_DOT), perSecond > 0 || waiting > 0 ? most : 0);
    while (this.dots.length > wanted) this.dots.pop();
    while (this.dots.length < wanted) {
      this.dots.push({ x: Math.random() * this.width, depth: Math.random(), size: 2 + Math.random() * 1.6 });
    }
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.canvas;
    const scale = devicePixelRatio;
    this.width = clientWidth;
    this.height = clientHeight;
    this.canvas.width = Math.round(clientWidth * scale);
    this.canvas.height = Math.round(clientHeight * scale);
    this.context?.setTransform(scale, 0, 0, scale, 0, 0);
  }
}

/** Of the bound mark's height. By the square root, so that few are seen as well. */
function heightOf(waiting: number): number {
  return Math.sqrt(Math.min(waiting, BOUND) / BOUND);
}
