/* What every line begins and ends with: names from the tables of the region, times, flags. */
#ifndef FEEDHORN_NAMES_H
#define FEEDHORN_NAMES_H
#include "feedhorn_json.h"
#include "feedhorn_reader.h"

static fh_reader reader;

static int instrument(uint32_t id, fh_instrument_row *row) {
  uint32_t count = __atomic_load_n(&reader.header->instrument_count, __ATOMIC_ACQUIRE);
  return id < count && fh_row(&reader, reader.header->instruments_at + (uint64_t)id * sizeof *row, sizeof *row, row);
}

static void venue(const char *name, unsigned code) {
  fh_venue_row row;
  if (code >= COUNT(fh_venues) || fh_venues[code][0] == 0)
    for (uint32_t i = 0; i < reader.header->venues; i++)
      if (fh_row(&reader, reader.header->venues_at + i * sizeof row, sizeof row, &row) && row.code == code) { text(name, row.id, sizeof row.id); return; }
  WORD(name, fh_venues, code);
}

static void names(unsigned code, uint32_t id) {
  fh_instrument_row row;
  venue("venue", code);
  if (id == FH_NO_INSTRUMENT) fputs(",\"symbol\":\"\",\"instrument\":null", stdout);
  else if (!instrument(id, &row)) printf(",\"symbol\":\"#%u\",\"instrument\":null", id);
  else { text("symbol", row.symbol, sizeof row.symbol); text("instrument", row.canonical, sizeof row.canonical); }
}

static void begin(const char *type, const fh_slot *s) { printf("{\"type\":\"%s\"", type); names(s->venue, s->instrument); }

static void end(const fh_slot *s, unsigned flags) {
  static const struct { unsigned bit; const char *name; } list[] = {{FH_FLAG_SNAPSHOT, "snapshot"}, {FH_FLAG_GAP, "gap"},
    {FH_FLAG_RECOVERED, "recovered"}, {FH_FLAG_DUPLICATE, "duplicate"}, {FH_FLAG_INVALID, "invalid"}};
  const char *before = ",\"flags\":[";
  times(s->ts_event, s->ts_recv);
  for (size_t i = 0; i < COUNT(list); i++) if (flags & list[i].bit) { printf("%s\"%s\"", before, list[i].name); before = ","; }
  puts(before[1] == 0 ? "]}" : "}");
}

#endif
