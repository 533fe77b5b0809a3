/** What the frames of fixtures/venues/binance are made of, by test/known-frames.test.ts: do not edit. */
export const knownFrames: Readonly<Record<string, string>> = {
  "ack (control)": ":o id:n result:z",
  "active (control)": ":o id:n result:a result[]:s",
  book: ":o E:n U:n a:a a[]:a a[][]:s b:a b[]:a b[][]:s data.E:n data.U:n data.a:a data.a[]:a data.a[][]:s data.asks:a data.asks[]:a data.asks[][]:s data.b:a data.b[]:a data.b[][]:s data.bids:a data.bids[]:a data.bids[][]:s data.e:s data.lastUpdateId:n data.s:s data.u:n data:o e:s s:s stream:s u:n",
  "error (control)": ":o code:n error.code:n error.msg:s error:o msg:s",
  quote: ":o A:s B:s a:s b:s data.A:s data.B:s data.a:s data.b:s data.s:s data.u:n data:o s:s stream:s u:n",
  "refused (control)": ":o code:n error.code:n error.msg:s error:o id:n msg:s",
  "shutdown (control)": ":o E:n data.E:n data.e:s data:o e:s stream:s",
  stats:
    ":o A:s B:s C:n E:n F:n L:n O:n P:s Q:s a:s b:s c:s data.A:s data.B:s data.C:n data.E:n data.F:n data.L:n data.O:n data.P:s data.Q:s data.a:s data.b:s data.c:s data.e:s data.h:s data.l:s data.n:n data.o:s data.p:s data.q:s data.s:s data.v:s data.w:s data.x:s data:o e:s h:s l:s n:n o:s p:s q:s s:s stream:s v:s w:s x:s",
  trade:
    ":o E:n M:b T:n a:n data.E:n data.M:b data.T:n data.a:n data.e:s data.f:n data.l:n data.m:b data.p:s data.q:s data.s:s data.t:n data:o e:s f:n l:n m:b p:s q:s s:s stream:s t:n",
};
