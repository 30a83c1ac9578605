/** Where a verb that serves listens: on this machine only, unless it is told otherwise. */

/** `--port` and `--host`. @param port the one that is taken unless another is given */
export function listenOptions(port: number) {
  return {
    port: {
      kind: 'number',
      value: 'PORT',
      help: '0 for any that is free',
      integer: true,
      min: 0,
      max: 65_535,
      default: port,
    },
    host: {
      kind: 'text',
      value: 'ADDRESS',
      help: 'where to listen; others than this machine only if asked',
      default: '127.0.0.1',
    },
  } as const;
}

/** Whether what listens there is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
}
