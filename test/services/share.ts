import { afterAll, beforeAll } from "vitest";
import { services, startService } from "./service.ts";
import type { Service, ServiceName, ServiceOptions } from "./service.ts";

const START_MS = 200_000;

/**
 * One server for all tests of the describe block it is called in, started before the first and gone after the last. `missing` says why there is
 * none: `describe.skipIf(shared.missing !== null)`. A test that kills it starts it again.
 */
export function sharedService(name: ServiceName, options: ServiceOptions = {}): Shared {
  const missing = services.missing(name);
  let service: Service | null = null;
  beforeAll(async () => {
    if (missing === null) service = await startService(name, options);
  }, START_MS);
  afterAll(() => service?.remove());
  return {
    missing,
    get service() {
      if (service === null) throw new Error(`${name}: expected a server, saw ${missing ?? "none yet"}`);
      return service;
    },
  };
}

export interface Shared {
  readonly missing: string | null;
  /** Only inside of tests and hooks. */
  readonly service: Service;
}
