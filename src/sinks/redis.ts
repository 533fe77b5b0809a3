import { tlsFiles } from "./kit/tls.ts";
import { redisAddress } from "./redis/address.ts";
import { alphapulseScheme } from "./redis/alphapulse.ts";
import { b25Scheme } from "./redis/b25.ts";
import { BestEffort } from "./redis/best-effort.ts";
import { Connection } from "./redis/connection.ts";
import { LosslessStreams } from "./redis/lossless.ts";
import { mdIngestScheme } from "./redis/md-ingest.ts";
import { nativeScheme } from "./redis/native.ts";
import { LOG_ENTRIES, SCHEME_DEFAULTS } from "./redis/options.ts";
import type { RedisOptions } from "./redis/options.ts";
import type { Scheme } from "./redis/scheme.ts";
import type { OpenSink, Sink, SinkHost } from "./sink.ts";

/**
 * Redis: Pub/Sub, streams and keys in one of four schemes, best effort: the newest value of each key as fast as Redis takes it, whatever is
 * left out counted. With `delivery: lossless` (scheme native) a stream for each lane that holds every event once.
 */
export const redis: Sink<RedisOptions> = {
  type: "redis",
  delivery: "lapped",
  accepts: "all",
  flushMs: 1000,
  open,
};

async function open(options: RedisOptions, host: SinkHost): Promise<OpenSink> {
  const address = redisAddress(options.url);
  const connect = (): Promise<Connection> =>
    Connection.open({
      address,
      username: options.username,
      password: host.secrets["password_env"],
      tls: tlsFiles(options.tls ?? { insecure: false }),
      name: host.name,
      connectMs: options.connect_ms,
      answerMs: options.answer_ms,
    });
  const prefix = options.prefix ?? SCHEME_DEFAULTS[options.scheme].prefix;
  if (options.delivery === "lossless")
    return LosslessStreams.open(
      await connect(),
      { prefix, streamMax: options.stream_max ?? LOG_ENTRIES },
      host,
    );
  return BestEffort.open(
    connect,
    {
      scheme: schemeOf(options),
      queueEvents: options.queue_events,
      pendingKeys: options.pending_keys,
      bufferEvents: options.buffer_events,
      bufferMs: options.buffer_ms ?? SCHEME_DEFAULTS[options.scheme].bufferMs,
    },
    host,
  );
}

function schemeOf({ scheme, outputs, depth, levels, ...options }: RedisOptions): Scheme {
  const own = SCHEME_DEFAULTS[scheme];
  const {
    prefix = own.prefix,
    expire_s: expireS = own.expireS,
    stream_max: streamMax = own.streamMax,
  } = options;
  switch (scheme) {
    case "native":
      return nativeScheme({ prefix, outputs, depth, streamMax, expireS });
    case "b25":
      return b25Scheme({ depth, levels, expireS });
    case "alphapulse":
      return alphapulseScheme({ depth, streamMax, expireS });
    case "md-ingest":
      return mdIngestScheme({ prefix, expireS });
  }
}
