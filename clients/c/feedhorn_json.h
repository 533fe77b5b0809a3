/* JSON as JavaScript's JSON.stringify writes it: ,"key":value on stdout. */
#ifndef FEEDHORN_JSON_H
#define FEEDHORN_JSON_H
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "feedhorn.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

/* Shortest text that reads back as the same double, written as JavaScript and JSON do; NaN and infinities are null. */
static void fh_number(double value) {
  char text[40], digits[24];
  if (!isfinite(value)) { fputs("null", stdout); return; }
  if (value == 0) { fputc('0', stdout); return; }
  int n = fabs(value) < 2.3e-308 ? 0 : 14; /* below that, fewer than 15 digits may do */
  do snprintf(text, sizeof text, "%.*e", n, fabs(value)); while (strtod(text, NULL) != fabs(value) && n++ < 16);
  int exponent = atoi(strchr(text, 'e') + 1), count = 0;
  for (const char *p = text; *p != 'e'; p++) if (*p != '.') digits[count++] = *p;
  while (count > 1 && digits[count - 1] == '0') count--;
  digits[count] = 0;
  if (value < 0) fputc('-', stdout);
  if (exponent >= 21 || exponent < -6)
    printf("%c%s%se%+d", digits[0], count > 1 ? "." : "", digits + 1, exponent);
  else if (exponent < 0) printf("0.%.*s%s", -exponent - 1, "000000", digits);
  else if (count <= exponent + 1) printf("%s%.*s", digits, exponent + 1 - count, "00000000000000000000");
  else printf("%.*s.%s", exponent + 1, digits, digits + exponent + 1);
}

/* A JSON string of at most `size` bytes (zero padded). */
static void fh_text(const char *text, size_t size) {
  fputc('"', stdout);
  for (size_t i = 0; i < size && text[i] != 0; i++) {
    unsigned char c = (unsigned char)text[i];
    const char *escape = c < 0x20 ? strchr("\bb\tt\nn\ff\rr", c) : NULL;
    if (c == '"' || c == '\\') printf("\\%c", c);
    else if (escape != NULL && c != 0) printf("\\%c", escape[1]);
    else if (c < 0x20) printf("\\u%04x", c);
    else fputc(c, stdout);
  }
  fputc('"', stdout);
}
static int first; /* the next key is the first one of its object */
static void key(const char *name) { printf("%s\"%s\":", first ? "" : ",", name); first = 0; }
static void number(const char *name, double value) { key(name); fh_number(value); }
static void known(const char *name, double value) { if (!isnan(value)) number(name, value); }
static void text(const char *name, const char *value, size_t size) { key(name); fh_text(value, size); }
static void id_or_null(const char *name, uint64_t id) { key(name); if (id) printf("\"%" PRIu64 "\"", id); else fputs("null", stdout); }

static void word(const char *name, const char *const *list, size_t size, unsigned i) {
  key(name);
  if (i < size && list[i][0] != 0) printf("\"%s\"", list[i]); else printf("\"#%u\"", i);
}
#define WORD(name, list, i) word(name, list, COUNT(list), i)

static void side(unsigned side) { key("side"); if (side == 1 || side == 2) printf("\"%s\"", fh_sides[side]); else fputs("null", stdout); }

static void times(int64_t event, int64_t recv) {
  key("ts_event");
  if (event == 0) fputs("null", stdout); else printf("%" PRIu64, (uint64_t)event / 1000);
  key("ts_recv");
  printf("%" PRIu64, (uint64_t)recv / 1000);
}

static void pairs(const char *name, const double *from, size_t count) {
  key(name);
  for (size_t i = 0; i < count; i += 2) { fputs(i ? ",[" : "[[", stdout); fh_number(from[i]); fputc(',', stdout); fh_number(from[i + 1]); fputc(']', stdout); }
  fputs(count ? "]" : "[]", stdout);
}

#endif
