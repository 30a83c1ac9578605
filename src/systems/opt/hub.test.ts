import { expect, test } from 'vitest';
import { redirected } from './hub.ts';

test('a redirection may go anywhere on the web, but not from https to http', () => {
  const [safe, plain] = [new URL('https://hub.example/a/b'), new URL('http://hub.example/a/b')];
  expect(redirected(safe, 'https://store.example/x').href).toBe('https://store.example/x');
  expect(redirected(safe, '/c').href).toBe('https://hub.example/c');
  expect(redirected(plain, '/c').href).toBe('http://hub.example/c');
  expect(redirected(plain, 'https://store.example/x').protocol).toBe('https:');
  expect(() => redirected(safe, 'http://store.example/x')).toThrow(
    'pull: expected https://hub.example to send on to https, got http://store.example',
  );
  expect(() => redirected(plain, 'file:///etc/passwd')).toThrow(/to send on to http or https/);
  expect(() => redirected(plain, 'http://')).toThrow(/got no address/);
});
