"""Reading a feedhorn region: the ring, locked rows, names. Standard library only; the bytes are in docs/layout.md."""
import ctypes, mmap, os, platform, random, struct, threading, time
import feedhorn_layout as layout

LOCK = threading.Lock()
FUTEX = {"x86_64": 202, "aarch64": 98}.get(platform.machine()) if platform.system() == "Linux" else None
LIBC = ctypes.CDLL(None, use_errno=True) if FUTEX else None


def fence():
    """Loads before it are done before loads after it: a release (x86: free) followed by an acquire."""
    for _ in range(2):
        with LOCK: pass


class Record:
    """Fields of one record read from a bytes copy: Record("trade", slot).price"""
    def __init__(self, name, data):
        self.fields, self.data = layout.FIELDS[name], data

    def __getattr__(self, name):
        code, at = self.fields[name]
        values = struct.unpack_from(code, self.data, at)
        if code.endswith("s"): return values[0].split(b"\0")[0].decode("utf-8", "replace")
        return values if len(values) > 1 else values[0]


class Region:
    def __init__(self, path, start="head"):
        with open(path, "rb") as file:
            self.map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        head = self.header = Record("header", self.map)
        if len(self.map) < layout.SIZES["header"] or head.magic != "FEEDHORN": raise ValueError(f"{path}: expected a region, saw another file")
        if (head.version, head.hash) != (layout.LAYOUT_VERSION, layout.LAYOUT_HASH): raise ValueError(f"{path}: expected the layout of this reader's release, saw another")
        if head.size != len(self.map): raise ValueError(f"{path}: expected {head.size} bytes, saw {len(self.map)}; the file is damaged")
        self.sleeps, self.head_at = None, None  # to sleep on the head; None: it is looked at by the clock
        if FUTEX and os.access(path, os.W_OK): self.map_bell(path)
        self.words = memoryview(self.map).cast("I")  # aligned words, read whole; struct would read bytes
        self.slots, self.ring = head.slots, head.ring_at
        self.lost, self.seeking, self.beginning, self.book, self.option, self.parts = 0, False, False, None, None, None
        self.cursor = self.sequence("head")
        if start == "oldest":
            first = self.sequence("first")
            self.cursor = max(first, self.cursor - self.slots // 4 - 1)
            self.seeking = self.beginning = self.cursor > first

    def sequence(self, name):
        """A sequence number in two words: exact although they are read at different moments."""
        at = layout.FIELDS["header"][name][1] // 4
        low, base = self.words[at], self.words[at + 1] << 24
        fence()
        return base + (low - base + 2**31) % 2**32 - 2**31

    def map_bell(self, path):
        """Maps the head word for the kernel, and the one word that a reader writes before it sleeps."""
        LIBC.mmap.restype, LIBC.mmap.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
        with open(path, "r+b") as file:
            at = LIBC.mmap(None, mmap.PAGESIZE, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
            if at == ctypes.c_void_p(-1).value: return
            self.head_at = at + layout.FIELDS["header"]["head"][1]
            self.sleeps = memoryview(mmap.mmap(file.fileno(), mmap.PAGESIZE, offset=self.header.readers_at)).cast("I")

    def wait(self, how="timer", seconds=0.25):
        """One bounded wait when poll() answered []: "futex" sleeps until the writer commits, "timer" a millisecond, "yield" and "spin" do not sleep."""
        if how == "futex" and self.sleeps and self.header.rings:
            limit = (ctypes.c_long * 2)(int(seconds), int(seconds % 1 * 1e9))
            self.sleeps[0] = random.getrandbits(32)  # tell the writer: any other value will do; a store, since Python has no atomic add
            fence()
            LIBC.syscall(ctypes.c_long(FUTEX), ctypes.c_void_p(self.head_at), 0, ctypes.c_uint32(self.cursor % 2**32), limit, None, 0)
        elif how in ("timer", "futex"): time.sleep(min(seconds, 0.001))
        else: time.sleep(0) if how == "yield" else None

    def epoch(self):
        return self.words[layout.FIELDS["header"]["epoch"][1] // 4]

    def lose(self, count):
        self.cursor += count
        if not self.beginning: self.lost, self.book, self.option, self.parts = self.lost + count, None, None, None
        if not self.seeking: self.beginning = False

    def poll(self, limit=256):
        """Up to `limit` slots, as copies; [] when there is nothing new. What was missed is added to `lost`."""
        while (count := min(limit, self.sequence("head") - self.cursor)) > 0:
            at = [self.ring + (self.cursor + k) % self.slots * 64 for k in range(count)]
            copies = [self.map[i:i + 64] for i in at]
            fence()
            if self.sequence("claim") > self.cursor + self.slots:  # the writer may have been there meanwhile
                self.seeking = True
                latest = self.sequence("head")
                target = latest - self.slots // 4 - 1
                self.lose((target if target > self.cursor else latest) - self.cursor)
                continue
            if self.seeking:
                ends = [k for k, slot in enumerate(copies) if slot[1] & layout.FLAG_LAST]
                self.seeking = not ends
                skip = ends[0] + 1 if ends else count
                self.lose(skip)
                copies = copies[skip:]
            self.cursor += len(copies)
            if copies: return copies
        return []

    def row(self, name, at):
        """A copy of a sequence-locked row, or None when it was never written."""
        for _ in range(1000):
            before = self.words[at // 4]
            if before == 0: return None
            fence()
            data = self.map[at:at + layout.SIZES[name]]
            fence()
            if not before & 1 and self.words[at // 4] == before: return Record(name, data)
        return None

    def instrument(self, i):
        count = self.words[layout.FIELDS["header"]["instrument_count"][1] // 4]
        return self.row("instrument_row", self.header.instruments_at + i * layout.SIZES["instrument_row"]) if i < count else None

    def venue(self, code):
        if code < len(layout.VENUES) and layout.VENUES[code]: return layout.VENUES[code]
        rows = (self.row("venue_row", self.header.venues_at + i * layout.SIZES["venue_row"]) for i in range(self.header.venues))
        return next((row.id for row in rows if row and row.code == code), f"#{code}")

    def names(self, code, i):
        if i == layout.NO_INSTRUMENT: return {"venue": self.venue(code), "symbol": "", "instrument": None}
        row = self.instrument(i)
        return {"venue": self.venue(code), "symbol": row.symbol if row else f"#{i}", "instrument": row.canonical if row else None}
