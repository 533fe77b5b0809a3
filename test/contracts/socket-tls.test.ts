import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const CHILD = fileURLToPath(new URL("./socket-tls-child.ts", import.meta.url));
const HAS_OPENSSL = spawnSync("openssl", ["version"]).status === 0;

let folder = "";
const file = (name: string): string => join(folder, name);

/** What the child says of each implementation; `trust` is the file of NODE_EXTRA_CA_CERTS. */
async function outcomes(trust: string): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", CHILD, file("key.pem"), file("cert.pem")],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: trust }, timeout: 30_000 },
  );
  return JSON.parse(stdout) as Record<string, string>;
}

// A certificate is made here rather than kept in the tree, where it would expire; that needs openssl.
describe.runIf(HAS_OPENSSL)("sockets over TLS", () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "feedhorn-tls-"));
    const what = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(" ");
    const whom = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const where = ["-keyout", file("key.pem"), "-out", file("cert.pem")];
    const made = spawnSync("openssl", [what, whom, where].flat());
    if (made.status !== 0) throw new Error(`openssl could not make a certificate: ${made.stderr}`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("take every message, direct and through a proxy, from whom they trust, under its name only", async () => {
    const results = await outcomes(file("cert.pem"));
    const wrongName =
      "false 0: 1006 Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list: ";
    expect(results).toEqual({
      "ws direct": "true 9: 4000 enough",
      "ws direct, pausing": "true 9: 4000 enough",
      "ws proxy": "true 9: 4000 enough",
      "ws proxy, pausing": "true 9: 4000 enough",
      "ws another name": wrongName,
      "fast direct": "true 9: 4000 enough",
      "fast direct, pausing": "true 9: 4000 enough",
      "fast proxy": "true 9: 4000 enough",
      "fast proxy, pausing": "true 9: 4000 enough",
      "fast another name": wrongName,
    });
  });

  it("refuse a certificate that nobody vouches for", async () => {
    const results = await outcomes("");
    const refused = "false 0: 1006 self-signed certificate";
    expect(results).toEqual({
      "ws direct": refused,
      "ws direct, pausing": refused,
      "ws proxy": refused,
      "ws proxy, pausing": refused,
      "ws another name": refused,
      "fast direct": refused,
      "fast direct, pausing": refused,
      "fast proxy": refused,
      "fast proxy, pausing": refused,
      "fast another name": refused,
    });
  });
});
