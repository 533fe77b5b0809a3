/* The figures of an option, gathered from the slots of its event: five to a slot, LAST on the third. */
#ifndef FEEDHORN_OPTION_H
#define FEEDHORN_OPTION_H
#include "feedhorn_json.h"

static double figure[15];
static size_t figures;

static int option(const fh_slot *s) { /* 1 when the event is complete */
  if (figures + 5 > COUNT(figure)) figures = 0;
  memcpy(figure + figures, &((const fh_option_ticker *)s)->mark, 5 * sizeof *figure);
  figures += 5;
  return (s->flags & FH_FLAG_LAST) != 0;
}

static void option_figures(void) {
  static const char *const keys[] = {"mark_price", "index_price", "underlying_price", "open_interest", "interest_rate", "mark_iv", "bid_iv",
    "ask_iv", "delta", "gamma", "vega", "theta", "rho", "last_price", "volume_24h"};
  for (size_t i = 0; i < figures; i++) known(keys[i], figure[i]);
  figures = 0;
}

#endif
