/* Derived events: the first slot says what the event is about, each further one is a row; LAST closes it. */
#ifndef FEEDHORN_DERIVED_H
#define FEEDHORN_DERIVED_H
#include "feedhorn_names.h"

static fh_slot *part;
static size_t parts, part_room;

static int derived(const fh_slot *s) { /* 1 when the event is complete */
  if (parts > 0 && part[0].kind != s->kind) parts = 0;
  if (parts == part_room && !(part = realloc(part, (part_room = part_room * 2 + 64) * sizeof *part))) exit(1);
  part[parts++] = *s;
  return (s->flags & FH_FLAG_LAST) != 0;
}

static void count(const char *name, unsigned value) { key(name); printf("%u", value); }

static void spot_mid(void) {
  const fh_spot_mid *m = (const fh_spot_mid *)part;
  number("mid", m->mid); WORD("quality", fh_qualities, m->quality); number("divergence_bps", m->divergence_bps);
  count("fresh", m->fresh); number("min_age_us", m->min_age); number("max_age_us", m->max_age);
  key("sources"); fputc('[', stdout);
  for (size_t i = 1; i < parts; i++) {
    const fh_spot_source *s = (const fh_spot_source *)&part[i];
    fputs(i > 1 ? ",{" : "{", stdout);
    first = 1;
    venue("venue", s->venue_code); number("bid_price", s->bid_price); number("ask_price", s->ask_price); number("mid", s->mid);
    number("age_us", s->age); WORD("state", fh_source_states, s->state); WORD("validity", fh_validities, s->validity);
    fputc('}', stdout);
  }
  fputc(']', stdout);
  parts = 0;
}

static void iv_surface(void) {
  const fh_iv_surface *h = (const fh_iv_surface *)part;
  const fh_iv_point *points = NULL;
  fh_instrument_row named;
  venue("source", h->source); number("expiry", instrument(part[0].instrument, &named) ? named.expiry : NAN);
  number("index_price", h->index_price); number("forward", h->forward); number("atm_iv", h->atm_iv); number("atm_spread_iv", h->atm_spread_iv);
  WORD("quality", fh_qualities, h->quality); count("n_points", h->n_points); count("n_valid_points", (unsigned)parts - 1);
  if (parts > 1) points = (const fh_iv_point *)&part[1];
  number("min_strike", points ? points->strike : NAN); number("max_strike", points ? ((const fh_iv_point *)&part[parts - 1])->strike : NAN);
  count("butterfly", h->butterfly); count("calendar", h->calendar);
  key("points"); fputc('[', stdout);
  for (size_t i = 1; i < parts; i++) {
    const fh_iv_point *p = (const fh_iv_point *)&part[i];
    fputs(i > 1 ? ",{" : "{", stdout);
    first = 1;
    number("strike", p->strike); WORD("side", fh_option_sides, p->side); number("iv", p->iv); number("bid_iv", p->bid_iv); number("ask_iv", p->ask_iv);
    fputc('}', stdout);
  }
  fputc(']', stdout);
  parts = 0;
}

#endif
