/** The door `feedhorn/simulator`: a seeded market spoken in every venue's own protocol over real sockets. */
export { startSimulator } from "./simulate.ts";
export type { FaultPlan, Simulator, SimulatorOptions, SimulatorStats } from "./simulate.ts";
export { PACED_KINDS } from "./paced-messages.ts";
export type { PacedKind } from "./paced-messages.ts";
export { startPaced } from "./paced.ts";
export type { Paced, PacedMessage, PacedOptions } from "./paced.ts";
export type { VenueChoice } from "./lineup.ts";
export type { InstrumentSpec } from "./assets.ts";
export type { Endpoints } from "./server.ts";
export { FAULTS, FAULT_NAMES, WHY_ONLY, applies, boundOf, channelOf, faultOf } from "./faults.ts";
export type { Fault, FaultName } from "./faults.ts";
export type { FaultRecord } from "./fault-log.ts";
export { makeScript, parseScript } from "./script.ts";
export type { ScriptEntry, ScriptOptions } from "./script.ts";
export type { TradeFate, TradeNote, TradeWitness } from "./trade-notes.ts";
export { bookHash } from "./hash.ts";
export type { Truth, TruthQuery, TruthState } from "./truth.ts";
