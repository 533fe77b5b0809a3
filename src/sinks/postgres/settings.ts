import { tlsFiles } from "../kit/tls.ts";
import type { TlsOptions } from "../kit/tls.ts";
import type { DatabaseOptions } from "./client.ts";
import { parseDsn } from "./dsn.ts";
import type { Dsn, SslMode } from "./dsn.ts";

/** How a database is reached: what is said key by key goes before what the dsn says. */
export interface AddressOptions {
  readonly dsn?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
  readonly sslmode?: SslMode | undefined;
  readonly tls?: TlsOptions | undefined;
  readonly timeout_ms: number;
}

type Address = Omit<DatabaseOptions, "application" | "waits">;

/** `secrets`: of the keys password_env and dsn_env. */
export function addressOf(options: AddressOptions, secrets: Readonly<Record<string, string>>): Address {
  const dsn = { ...parsed(secrets["dsn_env"]), ...parsed(options.dsn) };
  const password = secrets["password_env"] ?? dsn.password;
  const tls = options.tls ?? tlsOfDsn(dsn);
  const sslmode =
    options.sslmode ?? (options.tls === undefined ? dsn.sslmode : modeOf(options.tls)) ?? "disable";
  return {
    ...optional("host", options.host ?? dsn.host),
    ...optional("port", options.port ?? dsn.port),
    ...optional("database", options.database ?? dsn.database),
    ...optional("user", options.user ?? dsn.user),
    ...optional("password", password),
    sslmode,
    tls: tls === undefined ? null : tlsFiles(tls),
    timeoutMs: options.timeout_ms,
  };
}

function parsed(text: string | undefined): Dsn {
  return text === undefined ? {} : parseDsn(text);
}

function modeOf({ insecure }: TlsOptions): SslMode {
  return insecure ? "require" : "verify-full";
}

function tlsOfDsn({ ca_file, cert_file, key_file }: Dsn): TlsOptions | undefined {
  const files = { ca_file, cert_file, key_file };
  return Object.values(files).every((file) => file === undefined) ? undefined : { ...files, insecure: false };
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: Value });
}
