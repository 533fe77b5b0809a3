/**
 * Two orders that a log in shared memory needs and that JavaScript has no fence for.
 *
 * x86-64 keeps both by itself (total store order: stores become visible in program order, loads are done in
 * program order), so only the compiler must not move plain accesses over an atomic one, and V8 does not.
 * arm64 keeps neither. There V8 compiles Atomics.store to STLR and Atomics.load to LDAR, and the architecture
 * orders (Arm ARM B2.3, "barrier-ordered-before"):
 *   anything  before a later STLR     (release)
 *   STLR      before a later LDAR     (the pair is sequentially consistent)
 *   LDAR      before anything later   (acquire)
 * Each function below chains these three.
 */
const own = new Int32Array(new SharedArrayBuffer(64));

/**
 * Announces a change: the store is visible before any later plain store.
 * STLR -> LDAR -> later stores. (STLR alone lets later stores overtake it.)
 */
export function announce(words: Int32Array, at: number, value: number): void {
  Atomics.store(words, at, value);
  Atomics.load(own, 0);
}

/**
 * Call between reading shared bytes and the load that tells whether they may be used.
 * Earlier loads -> STLR -> LDAR of the caller. (LDAR alone lets earlier loads be done after it.)
 */
export function afterReads(): void {
  Atomics.store(own, 0, 0);
}
