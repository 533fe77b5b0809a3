/** What the frames of fixtures/venues/binance-usdm are made of, by test/known-frames.test.ts: do not edit. */
export const knownFrames: Readonly<Record<string, string>> = {
  "ack (control)": ":o id:n result:z",
  book: ":o data.E:n data.T:n data.U:n data.a:a data.a[]:a data.a[][]:s data.b:a data.b[]:a data.b[][]:s data.e:s data.ps:s data.pu:n data.s:s data.st:n data.u:n data:o stream:s",
  "error (control)": ":o code:n error.code:n error.msg:s error:o msg:s",
  "instrument_state (control)":
    ":o data.E:n data.cs:s data.ct:s data.dt:n data.e:s data.ot:n data.ps:s data.s:s data.st:n data:o stream:s",
  liquidation:
    ":o data.E:n data.e:s data.o.S:s data.o.T:n data.o.X:s data.o.ap:s data.o.f:s data.o.l:s data.o.o:s data.o.p:s data.o.ps:s data.o.q:s data.o.s:s data.o.z:s data.o:o data.st:n data:o stream:s",
  "nothing (control)":
    ":o data.E:n data.cs:s data.ct:s data.dt:n data.e:s data.ot:n data.ps:s data.s:s data.st:n data:o stream:s",
  quote:
    ":o A:s B:s E:n T:n a:s b:s data.A:s data.B:s data.E:n data.T:n data.a:s data.b:s data.e:s data.ps:s data.s:s data.st:n data.u:n data:o e:s ps:s s:s st:n stream:s u:n",
  "refused (control)": ":o code:n error.code:n error.msg:s error:o id:n msg:s",
  "shutdown (control)": ":o E:n data.E:n data.e:s data:o e:s stream:s",
  ticker:
    ":o data.E:n data.P:s data.T:n data.ap:s data.e:s data.i:s data.p:s data.r:s data.s:s data.st:n data:o stream:s",
  trade:
    ":o E:n T:n a:n data.E:n data.T:n data.X:s data.a:n data.e:s data.f:n data.l:n data.m:b data.nq:s data.p:s data.q:s data.s:s data.st:n data.t:n data:o e:s f:n l:n m:b nq:s p:s q:s s:s st:n stream:s",
};
