import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkConfig } from "../../src/app/config.ts";
import type { Config } from "../../src/app/config.ts";
import { startGateway } from "../../src/app/gateway.ts";
import type { Gateway } from "../../src/app/gateway.ts";
import { createLog } from "../../src/app/log.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import type { Simulator } from "../../src/simulator/index.ts";
import { venueById } from "../../src/venues/index.ts";
import { eventually } from "../e2e/gateway-process.ts";

/** A preset's whole job: a simulated venue, the gateway that the preset makes, and a folder of its own for both. */
export class PresetRig {
  readonly dir = mkdtempSync(join(tmpdir(), "feedhorn-preset-"));
  #simulator: Simulator | null = null;
  #gateway: Gateway | null = null;

  get simulator(): Simulator {
    return this.#simulator!;
  }

  get gateway(): Gateway {
    return this.#gateway!;
  }

  /** A venue that lists `names`; resolves with its addresses. */
  async simulate(venue: string, names: readonly string[], rate = 40): Promise<{ ws: string; rest: string }> {
    this.#simulator = await startSimulator({
      seed: "presets",
      venues: [{ venue: venueById(venue)!, instruments: [...names] }],
      rate,
    });
    return this.#simulator.endpoints[venue]!;
  }

  /** Runs what the preset made, on memory and a port of its own; `adapt` points it at what is simulated. Resolves when it is ready. */
  async start(config: Config, adapt: (config: Config) => Config = (same) => same): Promise<void> {
    const { region, ops, ledger } = config;
    const own = {
      ...config,
      region: { ...region, dir: join(this.dir, "regions"), slots: 65_536 },
      ops: { ...ops, port: 0 },
      ledger: { ...ledger, enabled: false },
    };
    // What was adapted is a configuration as well as any.
    const checked = checkConfig(JSON.parse(JSON.stringify(adapt(own))), "adapted");
    this.#gateway = await startGateway(checked, createLog({ level: "fatal" }));
    await eventually(
      "every book live",
      () => this.gateway.source.ready(),
      ({ ready }) => ready,
    );
  }

  async close(): Promise<void> {
    await this.#gateway?.stop();
    await this.#simulator?.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
