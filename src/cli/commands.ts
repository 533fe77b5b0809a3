import { register as chaos } from "./chaos.ts";
import { register as config } from "./config.ts";
import { register as consume } from "./consume.ts";
import { register as demo } from "./demo.ts";
import { register as exported } from "./export.ts";
import { register as incident } from "./incident.ts";
import { register as inspect } from "./inspect.ts";
import { register as journal } from "./journal.ts";
import { register as lag } from "./lag.ts";
import { register as ledger } from "./ledger.ts";
import { register as load } from "./load.ts";
import { register as normalize } from "./normalize.ts";
import type { Program } from "./program.ts";
import { register as query } from "./query.ts";
import { register as reader } from "./reader.ts";
import { register as record } from "./record.ts";
import { register as replay } from "./replay.ts";
import { register as report } from "./report.ts";
import { register as run } from "./run.ts";
import { register as simulate } from "./simulate.ts";
import { register as subscribe } from "./subscribe.ts";
import { register as tail } from "./tail.ts";
import { register as testdata } from "./testdata.ts";
import { register as verify } from "./verify.ts";

/** In the order of --help. A command file describes itself at once and imports what it needs when it runs. */
export const COMMANDS: readonly ((program: Program) => void)[] = [
  demo,
  run,
  record,
  subscribe,
  simulate,
  load,
  chaos,
  replay,
  exported,
  incident,
  normalize,
  tail,
  inspect,
  lag,
  journal,
  ledger,
  query,
  report,
  consume,
  verify,
  config,
  testdata,
  reader,
];
