import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TerminalProgress } from './terminal.ts';

class Screen {
  readonly isTTY: boolean;
  readonly columns = 60;
  written = '';

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.written += text;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('on a terminal', () => {
  test('one line is drawn over itself, and taken away at the end', () => {
    const screen = new Screen(true);
    const progress = new TerminalProgress(screen);
    progress.update('training', 0.25);
    vi.advanceTimersByTime(65_000);
    progress.update('training', 0.5);
    progress.clear();
    expect(screen.written).toBe(
      '\r\x1b[Ktraining  ━━━━────────────  25%  0:00\r\x1b[Ktraining  ━━━━━━━━────────  50%  1:05\r\x1b[K',
    );
  });

  test('it is drawn a few times a second, however often it is updated', () => {
    const screen = new Screen(true);
    const progress = new TerminalProgress(screen);
    for (let step = 0; step < 1000; step++) {
      progress.update(`step ${step}`);
      vi.advanceTimersByTime(1);
    }
    expect(screen.written.split('\r').length - 1).toBeLessThanOrEqual(13);
  });

  test('a long label gives way, so that the line does not wrap', () => {
    const screen = new Screen(true);
    new TerminalProgress(screen).update('x'.repeat(100), 1);
    const line = screen.written.replace('\r\x1b[K', '');
    expect(line).toMatch(/^x+… {2}━{16} 100% {2}0:00$/);
    expect(line.length).toBeLessThan(60);
  });

  test('a note stands above it', () => {
    const screen = new Screen(true);
    const progress = new TerminalProgress(screen);
    progress.update('a');
    progress.note('seen');
    expect(screen.written).toBe('\r\x1b[Ka  0:00\r\x1b[Kseen\n');
  });
});

test('elsewhere: plain lines, at most one in ten seconds', () => {
  const screen = new Screen(false);
  const progress = new TerminalProgress(screen);
  for (let second = 0; second < 25; second++) {
    progress.update('training', second / 25);
    vi.advanceTimersByTime(1000);
  }
  progress.note('done');
  progress.clear();
  expect(screen.written).toBe('training, 0%, 0:00\ntraining, 40%, 0:10\ntraining, 80%, 0:20\ndone\n');
});

test('colours only where the terminal wants them', () => {
  const dim = Object.assign(new Screen(true), { hasColors: () => true });
  new TerminalProgress(dim).update('a');
  expect(dim.written).toContain('\x1b[2m');
  const plain = Object.assign(new Screen(true), { hasColors: () => false });
  new TerminalProgress(plain).update('a');
  expect(plain.written).not.toContain('\x1b[2m');
});
