export interface StopSignal {
  /** The first SIGINT or SIGTERM. */
  readonly seen: Promise<string>;
  /** The second, where it is waited for. */
  readonly again: Promise<string>;
  /** Gives the signals back. */
  release(): void;
}

/**
 * Hears SIGINT and SIGTERM. One more than there is somebody to wait for means "now": the process ends without the ordered
 * shutdown. That is the second; with `patient` the second resolves `again`, and it is the third.
 */
export function stopSignal({ patient = false } = {}): StopSignal {
  const heard: ((signal: string) => void)[] = [];
  const seen = new Promise<string>((resolve) => heard.push(resolve));
  const again = new Promise<string>((resolve) => heard.push(resolve));
  if (!patient) heard.pop();
  const onSignal = (signal: string): void => {
    const hear = heard.shift();
    if (hear === undefined) process.exit(130);
    hear(signal);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    seen,
    again,
    release: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
