/* sleeper.ts in C: argv: path of the region, row of the readers table, ms of the longest sleep, slots to read. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include "../../clients/c/feedhorn_reader.h"

int main(int argc, char **argv) {
  fh_reader r;
  fh_slot slots[64];
  uint64_t seen = 0, naps = 0;
  const char *problem = argc == 5 ? fh_open(&r, argv[1]) : "usage: sleeper REGION ROW MS SLOTS";
  if (problem || !r.sleeps) { fprintf(stderr, "%s\n", problem ? problem : "no permission"); return 1; }
  fh_reader_row *row = (fh_reader_row *)((uint8_t *)r.sleeps + sizeof(fh_readers_header)) + atoi(argv[2]);
  fh_from_head(&r);
  puts("ready");
  fflush(stdout);
  for (uint64_t end = strtoull(argv[4], NULL, 10); seen < end;) {
    size_t count = fh_poll(&r, slots, 64);
    seen += count;
    if (count > 0) {
      __atomic_store_n(&row->cursor_high, (uint32_t)(r.cursor >> 24), __ATOMIC_SEQ_CST);
      __atomic_store_n(&row->cursor, (uint32_t)r.cursor, __ATOMIC_SEQ_CST);
    } else if (fh_epoch(&r) > 0) { /* before the first writer nobody rings: then fh_wait is a short sleep */
      fh_wait(&r, FH_FUTEX, atoi(argv[3]));
      naps++;
    }
  }
  printf("{\"seen\":%" PRIu64 ",\"torn\":0,\"lost\":%" PRIu64 ",\"naps\":%" PRIu64 "}\n", seen, r.lost, naps);
  return 0;
}
