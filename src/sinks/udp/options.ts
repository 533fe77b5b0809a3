/** Its part of the configuration. */
export interface UdpOptions {
  /** `host:port`, unicast or multicast; every datagram goes to each. */
  readonly destinations: readonly string[];
  /** Bytes of a datagram, at most. */
  readonly mtu: number;
  readonly heartbeat_ms: number;
  /** All rows, and all books that are live, are sent again within so long; `refresh_ms` 0 = never. */
  readonly announce_ms: number;
  readonly refresh_ms: number;
  /** Datagrams in a millisecond, at most. */
  readonly pace: number;
  /** Hops of multicast. */
  readonly ttl: number;
  /** Address of the interface that multicast leaves by. */
  readonly interface?: string | undefined;
  /** Whether multicast is heard on this machine. */
  readonly loopback: boolean;
  readonly send_buffer?: number | undefined;
  readonly format: "native" | "k4";
  /** k4 only: eight bytes in front of each record count the datagrams. */
  readonly k4_sequence: boolean;
}
