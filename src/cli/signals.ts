/**
 * Resolves at the first SIGINT or SIGTERM. A second one means "now": the process ends without waiting for the
 * ordered shutdown. `release` gives the signals back.
 */
export function stopSignal(): { readonly seen: Promise<string>; release(): void } {
  let resolve: (signal: string) => void;
  const seen = new Promise<string>((done) => {
    resolve = done;
  });
  let asked = false;
  const onSignal = (signal: string): void => {
    if (asked) process.exit(130);
    asked = true;
    resolve(signal);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    seen,
    release: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
