export { Clock } from "./clock.ts";
export type { Report, ReportLevel, Time } from "./lane-core.ts";
export { openFastSocket } from "./fast-socket.ts";
export { Feed } from "./feed.ts";
export type { FeedOptions } from "./feed.ts";
export { Lane } from "./lane.ts";
export type { Link } from "./link.ts";
export type { OpenSocket, SlabSource, Socket, SocketEvents, SocketOptions } from "./socket.ts";
export { openWsSocket } from "./ws-socket.ts";
