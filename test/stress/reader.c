/* reader.ts in C: argv: path of the region, path of the file with the last slot. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "../../clients/c/feedhorn_reader.h"

static uint32_t pattern(uint64_t sequence, uint32_t k) {
  uint32_t mixed = ((uint32_t)sequence ^ ((k + 1) * 0x9e3779b1u)) * 0x85ebca6bu;
  return mixed ^ (mixed >> 13);
}

int main(int argc, char **argv) {
  fh_reader r;
  fh_slot slots[64];
  uint64_t seen = 0, torn = 0, rows = 0, end = UINT64_MAX;
  const char *problem = argc == 3 ? fh_open(&r, argv[1]) : "usage: reader REGION DONE";
  if (problem) { fprintf(stderr, "%s\n", problem); return 1; }
  puts("ready");
  fflush(stdout);
  while (r.cursor < end) {
    size_t count = fh_poll(&r, slots, 64);
    for (size_t i = 0; i < count; i++) {
      uint32_t words[16], wrong;
      memcpy(words, &slots[i], sizeof words);
      wrong = (words[0] | 0x8000u) ^ (pattern(r.cursor - count + i, 0) | 0x8000u);
      for (uint32_t k = 1; k < 16; k++) wrong |= words[k] ^ pattern(r.cursor - count + i, k);
      torn += wrong != 0;
    }
    seen += count;
    fh_depth_row d;
    if (fh_row(&r, r.header->depth_at, sizeof d, &d) && d.validity != 0) {
      rows++;
      for (int i = 0; i < 100; i++) torn += d.bids[i] != (double)d.log_seq || d.asks[i] != (double)d.log_seq;
    }
    if (count == 0 && end == UINT64_MAX) {
      FILE *done = fopen(argv[2], "r");
      if (done && fscanf(done, "%" SCNu64, &end) != 1) end = UINT64_MAX;
      if (done) fclose(done);
    }
  }
  printf("{\"seen\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"torn\":%" PRIu64 ",\"rows\":%s}\n", seen, r.lost, torn, rows ? "true" : "false");
  return 0;
}
