import { tlsFiles } from "../kit/tls.ts";
import type { TlsFiles, TlsOptions } from "../kit/tls.ts";
import { encodeId } from "./message-id.ts";
import type { MessageId } from "./message-id.ts";
import { PulsarRest } from "./rest.ts";
import { PulsarSocket } from "./socket.ts";

/** How a cluster is reached: the same for writing and for reading. */
export interface PulsarAddress {
  /** ws:// or wss://, host and port. */
  readonly url: string;
  /** http:// or https:// of a broker; unset: as `url`. */
  readonly admin_url?: string | undefined;
  readonly tenant: string;
  readonly namespace: string;
  readonly tls?: TlsOptions | undefined;
  readonly connect_timeout_ms: number;
  readonly request_timeout_ms: number;
}

/** A cluster, its topics by their short names. */
export class PulsarCluster {
  readonly address: PulsarAddress;
  readonly rest: PulsarRest;
  readonly #token: string | undefined;
  readonly #tls: TlsFiles | null;

  constructor(address: PulsarAddress, token: string | undefined) {
    this.address = address;
    this.#token = token;
    const { url, admin_url: admin, tls, request_timeout_ms: timeoutMs } = address;
    this.#tls = tls === undefined ? null : tlsFiles(tls);
    const base = (admin ?? url.replace(/^ws/, "http")).replace(/\/+$/, "");
    this.rest = new PulsarRest({ base, token, tls: this.#tls, timeoutMs });
  }

  /** `kind`: producer, consumer or reader; `rest`: what comes behind the topic; values that are undefined are left out. */
  open(
    kind: "producer" | "consumer" | "reader",
    topic: string,
    rest: string,
    query: Readonly<Record<string, string | number | boolean | undefined>>,
  ): Promise<PulsarSocket> {
    const { url, tenant, namespace, connect_timeout_ms: connectMs } = this.address;
    const asked = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) if (value !== undefined) asked.set(key, String(value));
    const path = [tenant, namespace, topic].map(encodeURIComponent).join("/");
    const base = url.replace(/\/+$/, "");
    const full = `${base}/ws/v2/${kind}/persistent/${path}${rest}?${asked.toString()}`;
    return PulsarSocket.open({ url: full, token: this.#token, tls: this.#tls, connectMs });
  }

  /** The parts that a topic is kept in: itself, or its partitions; null: there is no such topic. */
  async parts(topic: string): Promise<readonly string[] | null> {
    const said = (await this.rest.get(`${this.#path(topic)}/partitions?checkAllowAutoCreation=false`)) as {
      partitions: number;
    } | null;
    if (said === null) return null;
    const parts = Array.from({ length: said.partitions }, (_, i) => `${topic}-partition-${i}`);
    return parts.length === 0 ? [topic] : parts;
  }

  /** The last message of a part, as it is now; null: there is none. */
  async last(part: string): Promise<string | null> {
    const said = (await this.rest.get(`${this.#path(part)}/lastMessageId`)) as LastId | null;
    if (said === null || said.entryId < 0) return null;
    const { ledgerId, entryId, partitionIndex: partition, batchIndex, batchSize } = said;
    // An entry that is a batch is told with its last message, or with its size.
    const batch = batchIndex ?? (batchSize !== undefined && batchSize > 0 ? batchSize - 1 : -1);
    const id: MessageId = { ledger: BigInt(ledgerId), entry: BigInt(entryId), partition, batch };
    return encodeId(id);
  }

  /** A topic of so many partitions, unless there is one. */
  async create(topic: string, partitions: number): Promise<void> {
    await this.rest.put(`${this.#path(topic)}/partitions`, partitions);
  }

  #path(topic: string): string {
    const { tenant, namespace } = this.address;
    return `/admin/v2/persistent/${[tenant, namespace, topic].map(encodeURIComponent).join("/")}`;
  }
}

interface LastId {
  readonly ledgerId: number;
  readonly entryId: number;
  readonly partitionIndex: number;
  readonly batchIndex?: number;
  readonly batchSize?: number;
}
