/** The promise, or an error with `words` when it is not settled in time; `late` is called then, to end what still runs. */
export function within<T>(promise: Promise<T>, ms: number, words: string, late?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(words));
      late?.();
    }, ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Some time later. */
export function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
