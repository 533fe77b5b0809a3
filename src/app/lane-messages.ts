import type { ReportLevel } from "../feed/index.ts";
import type { ApiKeys } from "./config-keys.ts";
import type { Proxies } from "./config-proxy.ts";
import type { Config } from "./config.ts";

/** What a lane's thread is started with. */
export interface LaneData {
  readonly config: Config;
  /** Index into config.lanes. */
  readonly index: number;
  readonly proxies: Proxies;
  /** Of the lane's feeds. */
  readonly keys: ApiKeys;
}

/** From the lane's thread. */
export type LaneMessage =
  /** The region is there: a file to map, or shared memory of this process. */
  | {
      readonly type: "region";
      readonly path: string | null;
      readonly buffer: SharedArrayBuffer | null;
      readonly note: string;
    }
  | {
      readonly type: "report";
      readonly level: ReportLevel;
      readonly message: string;
      readonly facts: Readonly<Record<string, unknown>>;
    }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "stopped" };

/** To the lane's thread. */
export type LaneOrder = { readonly type: "stop" };
