import { readFileSync } from "node:fs";

/** The `tls` part of a sink's configuration. */
export interface TlsOptions {
  readonly ca_file?: string | undefined;
  readonly cert_file?: string | undefined;
  readonly key_file?: string | undefined;
  readonly server_name?: string | undefined;
  readonly insecure: boolean;
}

/** As node:tls takes it. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized: boolean;
}

/** Reads the files that the options name; what cannot be read is said by its key and path. */
export function tlsFiles(tls: TlsOptions): TlsFiles {
  const ca = read("ca_file", tls.ca_file);
  const cert = read("cert_file", tls.cert_file);
  const key = read("key_file", tls.key_file);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls.server_name === undefined ? {} : { servername: tls.server_name }),
    rejectUnauthorized: !tls.insecure,
  };
}

function read(key: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new Error(`tls.${key}: expected a PEM file, saw ${reason} of ${path}`, { cause: error });
  }
}
