/* Follows a feedhorn lane: one JSON line per event on stdout, losses on stderr.
   cc -O2 -o reader reader.c -lm && ./reader PATH [--from oldest|head] [--wait timer|yield|spin|futex] [--count N] [--top] [--depth] */
#include "feedhorn_derived.h"
#include "feedhorn_option.h"

static double *levels[2]; /* of the book event being gathered: bids, asks; price, size, price ... */
static size_t held[2], room[2];
static unsigned gathered; /* its flags */

static int level(const fh_slot *s) { /* 1 when it completed a book event */
  const fh_book *b = (const fh_book *)s;
  if (b->side == 1 || b->side == 2) {
    unsigned i = b->side - 1u;
    if (held[i] + 2 > room[i] && !(levels[i] = realloc(levels[i], (room[i] = room[i] * 2 + 1024) * sizeof(double)))) exit(1);
    levels[i][held[i]++] = b->price;
    levels[i][held[i]++] = b->size;
  }
  gathered |= s->flags;
  if (!(gathered & FH_FLAG_LAST)) return 0;
  printf("{\"type\":\"book\",\"action\":\"%s\"", gathered & FH_FLAG_SNAPSHOT ? "snapshot" : "update");
  names(s->venue, s->instrument);
  pairs("bids", levels[0], held[0]);
  pairs("asks", levels[1], held[1]);
  id_or_null("seq", b->seq);
  id_or_null("prev_seq", b->prev_seq);
  if (b->has_checksum) printf(",\"checksum\":%u", b->checksum);
  end(s, gathered & ~FH_FLAG_SNAPSHOT);
  held[0] = held[1] = gathered = 0;
  return 1;
}

static void metadata(const fh_slot *s) {
  fh_instrument_row row;
  begin("instrument", s);
  if (!instrument(s->instrument, &row)) { fputs(",\"kind\":\"unknown\",\"base\":\"\",\"quote\":\"\",\"status\":\"unknown\"", stdout); return; }
  WORD("kind", fh_instrument_kinds, row.kind);
  text("base", row.base, sizeof row.base);
  text("quote", row.quote, sizeof row.quote);
  WORD("status", fh_states, row.status);
  known("tick", row.tick); known("lot", row.lot); known("contract_value", row.contract_value); known("expiry", row.expiry);
  known("strike", row.strike); if (row.size_unit == 1) fputs(",\"size_unit\":\"quote\"", stdout);
}

static void status(const fh_slot *s) {
  const fh_status *b = (const fh_status *)s;
  begin("status", s);
  WORD("scope", fh_scopes, b->scope);
  if (b->scope == 1) { WORD("state", fh_validities, b->state); printf(",\"epoch\":%u", b->epoch); } else WORD("state", fh_states, b->state);
  if (b->reason) WORD("reason", fh_reasons, b->reason);
}

static int event(const fh_slot *s) { /* 1 when it printed a line */
  const fh_trade *t = (const fh_trade *)s; const fh_quote *q = (const fh_quote *)s; const fh_ticker *k = (const fh_ticker *)s;
  const fh_stats *a = (const fh_stats *)s; const fh_liquidation *l = (const fh_liquidation *)s;
  switch (s->kind) {
    case FH_KIND_TRADE: begin("trade", s); printf(",\"id\":\"%" PRIu64 "\"", t->id); number("price", t->price); number("size", t->size); side(t->side); break;
    case FH_KIND_QUOTE: begin("quote", s); number("bid_price", q->bid_price); number("bid_size", q->bid_size); number("ask_price", q->ask_price);
      number("ask_size", q->ask_size); id_or_null("update_id", q->update_id); break;
    case FH_KIND_BOOK: return level(s);
    case FH_KIND_TICKER: begin("ticker", s); known("mark_price", k->mark); known("index_price", k->index); known("funding_rate", k->funding);
      known("next_funding_ts", k->next_funding); known("open_interest", k->open_interest); break;
    case FH_KIND_STATS: begin("ticker", s); known("last_price", a->last); known("volume_24h", a->volume); known("high_24h", a->high);
      known("low_24h", a->low); known("vwap_24h", a->vwap); break;
    case FH_KIND_OPTION_TICKER: if (!option(s)) return 0; begin("option_ticker", s); option_figures(); break;
    case FH_KIND_INDEX: begin("index", s); number("price", t->price); break;
    case FH_KIND_LIQUIDATION: begin("liquidation", s); number("price", l->price); number("size", l->size); side(l->side); break;
    case FH_KIND_INSTRUMENT: metadata(s); break;
    case FH_KIND_STATUS: status(s); break;
    case FH_KIND_SPOT_MID: if (!derived(s)) return 0; begin("spot_mid", s); spot_mid(); break;
    case FH_KIND_IV_SURFACE: if (!derived(s)) return 0; begin("iv_surface", s); iv_surface(); break;
    default: return 0;
  }
  end(s, s->flags);
  return 1;
}

static void table(int deep) { /* every written row of the top or the depth table */
  fh_top_row t; fh_depth_row d; fh_instrument_row row;
  for (uint32_t id = 0; id < reader.header->instrument_count; id++) {
    uint64_t at = deep ? reader.header->depth_at + (uint64_t)id * sizeof d : reader.header->top_at + (uint64_t)id * sizeof t;
    if (!instrument(id, &row) || !fh_row(&reader, at, deep ? sizeof d : sizeof t, deep ? (void *)&d : (void *)&t)) continue;
    if ((deep ? d.validity : t.validity) == 0) continue;
    printf("{\"type\":\"%s\"", deep ? "depth" : "top"); names(row.venue, id);
    if (deep) { pairs("bids", d.bids, d.bid_count * 2u); pairs("asks", d.asks, d.ask_count * 2u);
      number("bid_horizon", d.bid_horizon); number("ask_horizon", d.ask_horizon); id_or_null("seq", d.seq); }
    else { number("bid_price", t.bid_price); number("bid_size", t.bid_size); number("ask_price", t.ask_price);
      number("ask_size", t.ask_size); id_or_null("update_id", t.update_id); }
    WORD("validity", fh_validities, deep ? d.validity : t.validity); WORD("reason", fh_reasons, deep ? d.reason : t.reason);
    printf(",\"epoch\":%u", deep ? d.epoch : t.epoch);
    times(deep ? d.ts_event : t.ts_event, deep ? d.ts_recv : t.ts_recv);
    printf(",\"log_seq\":\"%" PRIu64 "\"}\n", deep ? d.log_seq : t.log_seq);
  }
}

int main(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : "", *problem = fh_open(&reader, path);
  uint64_t left = UINT64_MAX, lost = 0;
  int oldest = 0, tables = 0, how = FH_TIMER;
  uint32_t epoch = problem ? 0 : fh_epoch(&reader);
  fh_slot slots[64];
  if (problem) { fprintf(stderr, "%s: %s\n", path, problem); return 1; }
  for (int i = 2; i < argc; i++) {
    if (!strcmp(argv[i], "--from") && i + 1 < argc) oldest = !strcmp(argv[++i], "oldest");
    else if (!strcmp(argv[i], "--wait") && i + 1 < argc) how = (i++, argv[i][0] == 'f' ? FH_FUTEX : argv[i][0] == 's' ? FH_SPIN : argv[i][0] == 'y' ? FH_YIELD : FH_TIMER);
    else if (!strcmp(argv[i], "--count") && i + 1 < argc) left = strtoull(argv[++i], NULL, 10);
    else if (!strcmp(argv[i], "--top")) { table(0); tables = 1; }
    else if (!strcmp(argv[i], "--depth")) { table(1); tables = 1; }
    else { fprintf(stderr, "usage: %s PATH [--from oldest|head] [--wait timer|yield|spin|futex] [--count N] [--top] [--depth]\n", argv[0]); return 2; }
  }
  if (oldest) fh_from_oldest(&reader); else fh_from_head(&reader);
  while (!tables && left > 0) {
    size_t count = fh_poll(&reader, slots, COUNT(slots));
    if (reader.lost != lost) { fprintf(stderr, "lost %" PRIu64 " slots\n", (lost = reader.lost)); held[0] = held[1] = gathered = figures = parts = 0; }
    if (fh_epoch(&reader) != epoch) fprintf(stderr, "epoch %u: the writer was restarted\n", epoch = fh_epoch(&reader));
    for (size_t i = 0; i < count && left > 0; i++) left -= (uint64_t)event(&slots[i]);
    if (count == 0) { fflush(stdout); fh_wait(&reader, how, 250); }
  }
  return 0;
}
