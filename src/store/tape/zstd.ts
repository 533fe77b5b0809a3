import * as zlib from "node:zlib";

/** zstd at level 3. `decompress` needs the size of what comes out, bytes. */
export interface Zstd {
  compress(bytes: Uint8Array): Uint8Array;
  decompress(bytes: Uint8Array, size: number): Uint8Array;
}

const LEVEL = 3;
/** Parameter of zstd's C interface (ZSTD_c_compressionLevel). */
const LEVEL_PARAMETER = 100;

interface NodeZstd {
  zstdCompressSync(bytes: Uint8Array, options: object): Uint8Array;
  zstdDecompressSync(bytes: Uint8Array, options: object): Uint8Array;
}

/** Node's own from 22.15 on, else the one compiled to WebAssembly. */
export async function loadZstd(own = "zstdCompressSync" in zlib): Promise<Zstd> {
  return own ? nodeZstd(zlib as unknown as NodeZstd) : wasmZstd();
}

function nodeZstd(node: NodeZstd): Zstd {
  return {
    compress: (bytes) => node.zstdCompressSync(bytes, { params: { [LEVEL_PARAMETER]: LEVEL } }),
    decompress: (bytes, size) => node.zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, size) }),
  };
}

async function wasmZstd(): Promise<Zstd> {
  const { Zstd: Wasm } = await import("@hpcc-js/wasm-zstd");
  const wasm = await Wasm.load();
  copyAtOnce(wasm);
  return {
    compress: (bytes) => wasm.compress(bytes, LEVEL),
    decompress: (bytes) => wasm.decompress(bytes),
  };
}

/** The package's memory, as its version 1.12.5 has it. */
interface WasmMemory {
  heapView?(place: object): Uint8Array;
  heapToUint8Array?(place: object): Uint8Array;
}

/**
 * The package hands its results out by way of an array with one element a byte, at a twentieth of the speed of zstd itself.
 * Where its memory is as we know it, results are copied at once instead; where it is not, they come as they do.
 */
function copyAtOnce(wasm: object): void {
  const memory = (wasm as { _mainModule?: WasmMemory })._mainModule;
  if (memory?.heapView === undefined || memory.heapToUint8Array === undefined) return;
  memory.heapToUint8Array = (place) => memory.heapView!(place).slice();
}
