export * from "./ledger.ts";
export * from "./ledger-row.ts";
export { LedgerFacts } from "./ledger-stream.ts";
export type { Before, LedgerRules } from "./ledger-stream.ts";
export * from "./audit.ts";
