/** The moving map: dots on a canvas, by pointer, fingers and keys. Runs in browsers. */
import type { MapData } from '../map-page.ts';

const canvas = document.getElementById('map-canvas') as HTMLCanvasElement;
const card = document.getElementById('map-card')!;
const said = document.getElementById('map-said')!;
const size = document.getElementById('map-size') as HTMLSelectElement;
const tint = document.getElementById('map-colour') as HTMLSelectElement;
const form = document.getElementById('map-form') as HTMLFormElement;
const query = document.getElementById('map-query') as HTMLInputElement;
const context = canvas.getContext('2d')!;

const data = (await (await fetch('/map.json')).json()) as MapData;
const n = data.ids.length;

/** What is seen: the point in the middle, and pixels of one unit. */
const view = { x: 0, y: 0, scale: 1 };
let found: ReadonlySet<number> | undefined;
let at = -1;
/** Those most like it, once the server has told. */
let near: readonly number[] = [];
/** What the pointer is over. */
let over = -1;
const colours = ['--s1', '--s2', '--s3', '--s4', '--s5', '--s6'];

/** Where each date stands among all that occur, from the first at 0 to the last at 1. */
const dates = [...new Set(data.dates)].sort();
const standing = new Map(dates.map((date, i) => [date, dates.length > 1 ? i / (dates.length - 1) : 1]));

/** A colour between two, which are given as #rrggbb. */
function between(from: string, to: string, share: number): string {
  const part = (colour: string, i: number) => Number.parseInt(colour.slice(1 + 2 * i, 3 + 2 * i), 16);
  return `rgb(${[0, 1, 2].map((i) => Math.round(part(from, i) + share * (part(to, i) - part(from, i)))).join(' ')})`;
}

const labels = data.topics.map(({ short }, topic) => {
  const own: number[] = [];
  for (let i = 0; i < n; i++) if (data.topic[i] === topic) own.push(i);
  const middle = (values: readonly number[]) =>
    own.map((i) => values[i]!).sort((a, b) => a - b)[Math.floor(own.length / 2)] ?? 0;
  return { label: short.length > 34 ? `${short.slice(0, 33)}…` : short, x: middle(data.x), y: middle(data.y) };
});

function all(): void {
  const extent = (values: readonly number[]) => {
    const sorted = [...values].sort((a, b) => a - b);
    return [sorted[Math.floor(0.002 * n)]!, sorted[Math.ceil(0.998 * n) - 1]!] as const;
  };
  const [[left, right], [top, bottom]] = [extent(data.x), extent(data.y)];
  view.x = (left + right) / 2;
  view.y = (top + bottom) / 2;
  const { clientWidth, clientHeight } = canvas;
  view.scale = 0.92 * Math.min(clientWidth / (right - left || 1), clientHeight / (bottom - top || 1));
  draw();
}

const screenX = (x: number) => (x - view.x) * view.scale + canvas.clientWidth / 2;
const screenY = (y: number) => (y - view.y) * view.scale + canvas.clientHeight / 2;

function radius(i: number): number {
  const base = Math.max(1.6, Math.min(5, 110 / Math.sqrt(n))) * Math.min(2.2, Math.max(1, Math.sqrt(view.scale / 160)));
  const weights = data.weights[size.value];
  // 1 + log2(x), at most about 20: areas follow it, and what is unknown stays small
  return weights ? base * (0.5 + Math.sqrt(weights[i]!) * 0.75) : base;
}

let drawing = false;
function draw(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    paint();
  });
}

function paint(): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const fills = colours.map(colour);
  const muted = colour('--muted');
  const shades = dates.map((date) => between(fills[0]!, fills[1]!, standing.get(date)!));
  const shadeOf = new Map(dates.map((date, i) => [date, shades[i]!]));
  const fillOf = (i: number) => {
    if (tint.value === 'date') return shadeOf.get(data.dates[i]!)!;
    return data.topic[i]! < 0 ? muted : fills[data.topic[i]! % fills.length]!;
  };
  const dot = (i: number) => {
    const [x, y, r] = [screenX(data.x[i]!), screenY(data.y[i]!), radius(i)];
    if (x < -r || y < -r || x > width + r || y > height + r) return;
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.fill();
  };
  for (let i = 0; i < n; i++) {
    context.fillStyle = fillOf(i);
    context.globalAlpha = found ? 0.12 : 0.6;
    dot(i);
  }
  context.globalAlpha = 1;
  if (found) {
    context.strokeStyle = colour('--ink');
    for (const i of found) {
      context.fillStyle = fillOf(i);
      dot(i);
      context.stroke();
    }
  }
  if (at >= 0) {
    context.strokeStyle = muted;
    context.lineWidth = 1;
    context.beginPath();
    for (const i of near) {
      context.moveTo(screenX(data.x[at]!), screenY(data.y[at]!));
      context.lineTo(screenX(data.x[i]!), screenY(data.y[i]!));
    }
    context.stroke();
  }
  context.font = `600 12px ${getComputedStyle(canvas).fontFamily}`;
  context.textAlign = 'center';
  context.lineWidth = 4;
  context.lineJoin = 'round';
  context.strokeStyle = colour('--paper');
  context.fillStyle = colour('--ink');
  // a label that would lie on another's, of a larger topic, waits until there is room
  const taken: { readonly x: number; readonly y: number; readonly half: number }[] = [];
  for (const { label, x, y } of labels) {
    const half = context.measureText(label).width / 2 + 4;
    const [px, py] = [screenX(x), screenY(y)];
    if (px < 0 || py < 0 || px > width || py > height) continue;
    // at the edge a name stays whole
    const place = { x: Math.max(half, Math.min(width - half, px)), y: py, half };
    if (
      taken.some((other) => Math.abs(other.y - place.y) < 16 && Math.abs(other.x - place.x) < other.half + place.half)
    )
      continue;
    taken.push(place);
    context.strokeText(label, place.x, place.y);
    context.fillText(label, place.x, place.y);
  }
  context.strokeStyle = colour('--ink');
  context.lineWidth = 2;
  for (const i of new Set([over, at])) {
    if (i < 0) continue;
    context.beginPath();
    context.arc(screenX(data.x[i]!), screenY(data.y[i]!), radius(i) + 4, 0, 2 * Math.PI);
    context.stroke();
  }
}

/** Nearer by a factor, with what is under a point of the canvas staying there. */
function zoom(factor: number, px = canvas.clientWidth / 2, py = canvas.clientHeight / 2): void {
  const scale = Math.max(1, Math.min(1e5, view.scale * factor));
  const [dx, dy] = [px - canvas.clientWidth / 2, py - canvas.clientHeight / 2];
  view.x += dx / view.scale - dx / scale;
  view.y += dy / view.scale - dy / scale;
  view.scale = scale;
  draw();
}

function show(i: number): void {
  if (i !== at) void join(i);
  at = i;
  card.hidden = i < 0;
  if (i >= 0) {
    const link = document.createElement('a');
    link.href = `/paper?id=${encodeURIComponent(data.ids[i]!)}`;
    link.textContent = data.titles[i]!;
    const title = document.createElement('p');
    title.append(link);
    const about = document.createElement('p');
    about.className = 'quiet';
    about.textContent = [data.dates[i]!, data.topics[data.topic[i]!]?.label].filter(Boolean).join(' · ');
    card.replaceChildren(title, about);
    said.textContent = `${data.titles[i]!}, ${about.textContent}`;
  }
  draw();
}

/** Asks which papers are most like one, to be drawn while it is still the one shown. */
async function join(i: number): Promise<void> {
  near = [];
  if (i < 0) return;
  const answer = await fetch(`/map/near?id=${encodeURIComponent(data.ids[i]!)}`);
  if (!answer.ok || i !== at) return;
  near = (await answer.json()) as readonly number[];
  draw();
}

function nearest(px: number, py: number): number {
  let best = -1;
  let least = 18 ** 2;
  for (let i = 0; i < n; i++) {
    const square = (screenX(data.x[i]!) - px) ** 2 + (screenY(data.y[i]!) - py) ** 2;
    if (square < least && (!found || found.has(i) || square < 25)) {
      least = square;
      best = i;
    }
  }
  return best;
}

const fingers = new Map<number, { x: number; y: number }>();
let moved = 0;
canvas.addEventListener('pointerdown', (event) => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  if (fingers.size === 1) moved = 0;
  canvas.classList.add('dragged');
});
canvas.addEventListener('pointermove', (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) {
    const i = nearest(event.offsetX, event.offsetY);
    if (i === over) return;
    over = i;
    canvas.title = i < 0 ? '' : data.titles[i]!;
    draw();
    return;
  }
  const now = { x: event.offsetX, y: event.offsetY };
  const [dx, dy] = [now.x - before.x, now.y - before.y];
  moved += Math.abs(dx) + Math.abs(dy);
  view.x -= dx / view.scale / fingers.size;
  view.y -= dy / view.scale / fingers.size;
  const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
  fingers.set(event.pointerId, now);
  if (other) {
    const distance = (point: { x: number; y: number }) => Math.hypot(point.x - other.x, point.y - other.y);
    zoom(distance(now) / (distance(before) || 1), (now.x + other.x) / 2, (now.y + other.y) / 2);
  }
  draw();
});
const lift = (event: PointerEvent) => {
  if (!fingers.delete(event.pointerId)) return;
  canvas.classList.remove('dragged');
  if (event.type === 'pointerup' && fingers.size === 0 && moved < 6) show(nearest(event.offsetX, event.offsetY));
};
canvas.addEventListener('pointerup', lift);
canvas.addEventListener('pointercancel', lift);
canvas.addEventListener(
  'wheel',
  (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * 0.0015), event.offsetX, event.offsetY);
  },
  { passive: false },
);
canvas.addEventListener('keydown', (event) => {
  const step = 60 / view.scale;
  const moves: Record<string, () => void> = {
    ArrowLeft: () => {
      view.x -= step;
    },
    ArrowRight: () => {
      view.x += step;
    },
    ArrowUp: () => {
      view.y -= step;
    },
    ArrowDown: () => {
      view.y += step;
    },
    '+': () => zoom(1.4),
    '=': () => zoom(1.4),
    '-': () => zoom(1 / 1.4),
    '0': all,
    n: () => walk(1),
    p: () => walk(-1),
    Enter: () => {
      if (at >= 0) location.assign(`/paper?id=${encodeURIComponent(data.ids[at]!)}`);
    },
    Escape: () => show(-1),
  };
  const move = moves[event.key];
  if (!move || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  move();
  draw();
});

/** To the next paper of those found, or of those in sight. */
function walk(by: 1 | -1): void {
  const inSight = (i: number) => {
    const [x, y] = [screenX(data.x[i]!), screenY(data.y[i]!)];
    return x >= 0 && y >= 0 && x <= canvas.clientWidth && y <= canvas.clientHeight;
  };
  const among = found ? [...found] : Array.from({ length: n }, (_, i) => i).filter(inSight);
  if (among.length === 0) return;
  const next = among[(among.indexOf(at) + by + among.length) % among.length]!;
  if (!inSight(next)) {
    view.x = data.x[next]!;
    view.y = data.y[next]!;
  }
  show(next);
}

const places = new Map(data.ids.map((id, i) => [id, i]));
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = query.value.trim();
  if (text === '') {
    found = undefined;
    said.textContent = '';
    return draw();
  }
  const answer = await fetch(`/map/found?q=${encodeURIComponent(text)}`);
  if (!answer.ok) {
    said.textContent = 'That cannot be searched for.';
    return;
  }
  const ids = (await answer.json()) as readonly string[];
  found = new Set(ids.flatMap((id) => places.get(id) ?? []));
  said.textContent = `${found.size} of ${n} papers are marked.`;
  draw();
});
query.addEventListener('input', () => {
  if (query.value === '' && found) {
    found = undefined;
    draw();
  }
});
size.addEventListener('change', draw);
tint.addEventListener('change', () => {
  said.textContent =
    tint.value === 'date' ? `From ${dates[0]} (blue) to ${dates.at(-1)} (red).` : 'Colours are topics.';
  draw();
});
document.getElementById('zoom-in')!.addEventListener('click', () => zoom(1.5));
document.getElementById('zoom-out')!.addEventListener('click', () => zoom(1 / 1.5));
document.getElementById('zoom-all')!.addEventListener('click', all);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
new ResizeObserver(draw).observe(canvas);
all();
canvas.dataset.ready = 'yes';
