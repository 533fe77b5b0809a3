import type { PulsarCluster } from "./address.ts";
import { compareIds, decodeId } from "./message-id.ts";

interface Told {
  readonly messageId: string;
  readonly properties?: Readonly<Record<string, string>>;
}

const AHEAD = 1000;

/**
 * (lane, log_seq) of every message of a part of a topic behind `from` (null: from its first) up to the last that is there now. Tells each once
 * or, in a batch that was begun before, again.
 */
export async function readBack(
  cluster: PulsarCluster,
  part: string,
  from: string | null,
  take: (lane: string, seq: number) => void,
): Promise<void> {
  const last = await cluster.last(part);
  if (last === null) return;
  const end = decodeId(last);
  if (from !== null && compareIds(decodeId(from), end) >= 0) return;
  const query = { messageId: from ?? "earliest", receiverQueueSize: AHEAD };
  const socket = await cluster.open("reader", part, "", query);
  const { request_timeout_ms: ms } = cluster.address;
  try {
    await new Promise<void>((resolve, reject) => {
      const words = `reading back ${part} up to ${last}: expected the next message within ${ms} ms, saw none`;
      const timer = setTimeout(() => reject(new Error(words)), ms);
      socket.heard = (text) => {
        timer.refresh();
        const { messageId, properties } = JSON.parse(text) as Told;
        const seq = Number(properties?.["log_seq"] ?? -1);
        if (seq >= 0) take(properties?.["lane"] ?? "", seq);
        if (compareIds(decodeId(messageId), end) < 0) return socket.send(JSON.stringify({ messageId }));
        clearTimeout(timer);
        resolve();
      };
      socket.ended = (reason) => {
        clearTimeout(timer);
        reject(new Error(`reading back ${part}: expected its messages, saw ${reason}`));
      };
    });
  } finally {
    socket.close();
  }
}
