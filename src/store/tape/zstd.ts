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
  return {
    compress: (bytes) => wasm.compress(bytes, LEVEL),
    decompress: (bytes) => wasm.decompress(bytes),
  };
}
