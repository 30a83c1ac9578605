import { describe, expect, test } from 'vitest';
import { COLOURS, paletteCss } from './palette.ts';

// Machado, Oliveira, Fernandes (2009), severity 1, applied to linear RGB.
const blindness = {
  none: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
const names = ['s1', 's2', 's3', 's4', 's5', 's6'] as const;

describe.each([
  ['light', 0],
  ['dark', 1],
] as const)('%s', (_, mode) => {
  test.each(Object.entries(blindness))('series colours stay apart under: %s', (_, matrix) => {
    const seen = names.map((name) => oklab(linear(COLOURS[name][mode]), matrix));
    for (const [i, a] of seen.entries()) {
      // 0.02 is a just noticeable difference in OKLab; a thin line needs several.
      for (const b of seen.slice(0, i)) expect(Math.hypot(...a.map((x, k) => x - b[k]!))).toBeGreaterThan(0.1);
    }
  });

  test('contrast with the ground: 3 for lines, 4.5 for quiet text, 10 for text (WCAG 2.1)', () => {
    const ground = COLOURS.paper[mode];
    for (const name of names) expect(contrast(COLOURS[name][mode], ground)).toBeGreaterThan(3);
    expect(contrast(COLOURS.muted[mode], ground)).toBeGreaterThan(4.5);
    expect(contrast(COLOURS.ink[mode], ground)).toBeGreaterThan(10);
  });
});

test('the declarations of both modes', () => {
  const css = paletteCss(':root');
  expect(css).toContain(':root{--paper:#fffefb;');
  expect(css).toContain('@media screen and (prefers-color-scheme:dark){:root{--paper:#15171b;');
});

function linear(hex: string): number[] {
  return [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
}

function contrast(a: string, b: string): number {
  const [low, high] = [a, b]
    .map((hex) => times([[0.2126, 0.7152, 0.0722]], linear(hex))[0]! + 0.05)
    .sort((x, y) => x - y) as [number, number];
  return high / low;
}

/** Ottosson (2020). */
function oklab(rgb: number[], matrix: number[][]): number[] {
  const lms = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    times(matrix, rgb).map((x) => Math.min(1, Math.max(0, x))),
  ).map(Math.cbrt);
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    lms,
  );
}

function times(matrix: number[][], vector: number[]): number[] {
  return matrix.map((row) => row.reduce((sum, x, i) => sum + x * vector[i]!, 0));
}
