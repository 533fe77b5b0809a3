"""sleeper.ts in Python: argv: path of the region, row of the readers table, ms of the longest sleep, slots to read."""
import json, os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../clients/python"))
import feedhorn_layout as layout
from feedhorn_region import Region

path, row, ms, slots = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
region, seen, naps = Region(path), 0, 0
at = (layout.SIZES["readers_header"] + row * layout.SIZES["reader_row"] + layout.FIELDS["reader_row"]["cursor"][1]) // 4
print("ready", flush=True)
while seen < slots:
    count = len(region.poll())
    seen += count
    if count:
        region.sleeps[at + 1] = region.cursor >> 24
        region.sleeps[at] = region.cursor % 2**32
    else:
        region.wait("futex", ms / 1000)
        naps += 1
print(json.dumps({"seen": seen, "torn": 0, "lost": region.lost, "naps": naps}), flush=True)
