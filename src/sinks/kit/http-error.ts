/** No answer came: the server may have done what it was asked to, or not. */
export class SocketLost extends Error {
  /** The connection had been used before and was closed: by a server that had nothing more to do with it, most likely. */
  readonly kept: boolean;
  /** Nothing was sent. */
  readonly refused: boolean;

  constructor(cause: Error, { kept = false, refused = false }) {
    super(cause.message, { cause });
    this.kept = kept;
    this.refused = refused;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody listens there: start it, or correct the url",
  ENOTFOUND: "no such host: correct the url",
  EAI_AGAIN: "its name cannot be resolved now",
  ECONNRESET: "it was cut off",
  EPIPE: "it was cut off",
  SELF_SIGNED_CERT_IN_CHAIN: "name its authority in tls.ca_file",
  DEPTH_ZERO_SELF_SIGNED_CERT: "name its authority in tls.ca_file",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "name its authority in tls.ca_file",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "name its authority in tls.ca_file",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "its certificate is for another name: correct the url, or say tls.server_name",
  EPROTO: "http and https, or a certificate that was asked for: look at url and tls",
};

/** In words for the log. */
export function unreachable(vendor: string, origin: string, error: unknown): SocketLost {
  const { message, code } = reasonOf(error);
  const hint = HINTS[code] === undefined ? "it is tried again" : HINTS[code];
  const words = new Error(`${vendor}: expected an answer from ${origin}, saw ${message}; ${hint}`);
  return new SocketLost(words, { refused: code === "ECONNREFUSED" || code === "ENOTFOUND" });
}

/** Of several addresses that were tried, the last one's. */
function reasonOf(error: unknown): { message: string; code: string } {
  const inner = error instanceof SocketLost ? error.cause : error;
  const last = inner instanceof AggregateError ? (inner.errors as unknown[]).at(-1) : inner;
  if (!(last instanceof Error)) return { message: String(last), code: "" };
  const code = "code" in last ? String(last.code) : "";
  const what = /CERT|SIGNED|VERIFY|ISSUER/.test(code)
    ? `its certificate not trusted (${last.message})`
    : last.message;
  return { message: what === "" ? code : what, code };
}
