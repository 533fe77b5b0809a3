"""Follows a feedhorn lane. As a program: one JSON line per event, losses on stderr.

    python3 feedhorn.py PATH [--from oldest|head] [--wait timer|yield|spin|futex] [--count N] [--top] [--depth]

    for event in feedhorn.Lane("/dev/shm/feedhorn/main.region").follow(): print(event["type"])
"""
import signal, sys
import feedhorn_layout as layout
from feedhorn_region import Record, Region
from feedhorn_text import dump

NAMES = ["", "trade", "quote", "book", "ticker", "stats", "option_ticker", "index", "liquidation", "instrument", "status", "spot_mid", "iv_surface"]
FLAGS = (("snapshot", 32), ("gap", 2), ("recovered", 64), ("duplicate", 16), ("invalid", 4))
TICKER = {"mark_price": "mark", "index_price": "index", "funding_rate": "funding", "next_funding_ts": "next_funding", "open_interest": "open_interest"}
STATS = {"last_price": "last", "volume_24h": "volume", "high_24h": "high", "low_24h": "low", "vwap_24h": "vwap"}
OPTION = [{"mark_price": "mark", "index_price": "index", "underlying_price": "underlying", "open_interest": "open_interest", "interest_rate": "interest_rate"},
    {name: name for name in ("mark_iv", "bid_iv", "ask_iv", "delta", "gamma")}, {"vega": "vega", "theta": "theta", "rho": "rho", "last_price": "last", "volume_24h": "volume"}]
PARTS = ("option_ticker", "option_volatility", "option_greeks")
DERIVED = {layout.KIND_SPOT_MID: "spot_source", layout.KIND_IV_SURFACE: "iv_point"}  # slots behind the first
DETAILS = {name: name for name in ("tick", "lot", "contract_value", "expiry", "strike")}


def word(words, i): return words[i] if i < len(words) and words[i] else f"#{i}"
def text(i): return str(i) if i else None
def micros(row): return {"ts_event": row.ts_event // 1000 or None, "ts_recv": row.ts_recv // 1000}
def pick(row, *names): return {name: None if (value := getattr(row, name)) != value else value for name in names}
def known(row, names): return {key: value for key, name in names.items() if (value := getattr(row, name)) == value}


class Lane(Region):
    """A region whose slots are read as events, in the JSON form that every feedhorn reader prints."""

    def body(self, kind, slot, flags):
        if kind == layout.KIND_TRADE: return {"id": str(slot.id), **pick(slot, "price", "size"), "side": layout.SIDES[slot.side] or None}
        if kind == layout.KIND_QUOTE: return pick(slot, "bid_price", "bid_size", "ask_price", "ask_size") | {"update_id": text(slot.update_id)}
        if kind == layout.KIND_TICKER: return known(slot, TICKER)
        if kind == layout.KIND_STATS: return known(slot, STATS)
        if kind == layout.KIND_OPTION_TICKER: return {key: value for part in self.option for key, value in part.items()}
        if kind == layout.KIND_INDEX: return pick(slot, "price")
        if kind == layout.KIND_LIQUIDATION: return pick(slot, "price", "size") | {"side": layout.SIDES[slot.side] or None}
        if kind == layout.KIND_BOOK:
            book = {"bids": self.book[1], "asks": self.book[2], "seq": text(slot.seq), "prev_seq": text(slot.prev_seq)}
            return book | ({"checksum": slot.checksum} if slot.has_checksum else {})
        if kind == layout.KIND_STATUS:
            states = layout.VALIDITIES if slot.scope == 1 else layout.STATES
            epoch = {"epoch": slot.epoch} if slot.scope == 1 else {}
            reason = {"reason": word(layout.REASONS, slot.reason)} if slot.reason else {}
            return {"scope": word(layout.SCOPES, slot.scope), "state": word(states, slot.state)} | epoch | reason
        if kind in DERIVED: return self.derived(kind, slot, *self.parts)
        row = self.instrument(slot.instrument)
        if not row: return {"kind": "unknown", "base": "", "quote": "", "status": "unknown"}
        return {"kind": word(layout.INSTRUMENT_KINDS, row.kind), "base": row.base, "quote": row.quote, "status": word(layout.STATES, row.status)} | known(row, DETAILS) | ({"size_unit": "quote"} if row.size_unit == 1 else {})

    def derived(self, kind, last, head, *rows):
        """What a derived event says: `head` is the body of its first slot, `rows` are those of the others."""
        if kind == layout.KIND_SPOT_MID:
            sources = [{"venue": self.venue(row.venue_code)} | pick(row, "bid_price", "ask_price", "mid") | {"age_us": pick(row, "age")["age"],
                "state": word(layout.SOURCE_STATES, row.state), "validity": word(layout.VALIDITIES, row.validity)} for row in rows]
            ages = {"min_age_us": pick(head, "min_age")["min_age"], "max_age_us": pick(head, "max_age")["max_age"]}
            return pick(head, "mid") | {"quality": word(layout.QUALITIES, head.quality)} | pick(head, "divergence_bps") | {"fresh": head.fresh} | ages | {"sources": sources}
        row, strikes = self.instrument(last.instrument), [point.strike for point in rows] or [None]
        points = [pick(point, "strike") | {"side": word(layout.OPTION_SIDES, point.side)} | pick(point, "iv", "bid_iv", "ask_iv") for point in rows]
        return {"source": self.venue(head.source), "expiry": pick(row, "expiry")["expiry"] if row else None} | pick(head, "index_price", "forward", "atm_iv", "atm_spread_iv") | {
            "quality": word(layout.QUALITIES, head.quality), "n_points": head.n_points, "n_valid_points": len(rows), "min_strike": strikes[0], "max_strike": strikes[-1],
            "butterfly": head.butterfly, "calendar": head.calendar, "points": points}

    def event(self, data):
        """The event that a slot completes, as a dict; None for the other slots of an event of several."""
        kind, flags = data[0], data[1]
        if kind >= len(NAMES) or not NAMES[kind]: return None
        slot, event = Record(NAMES[kind], data), {"type": "ticker" if kind == layout.KIND_STATS else NAMES[kind]}
        if kind == layout.KIND_BOOK:
            self.book = self.book or [0, [], []]
            if slot.side: self.book[slot.side].append([slot.price, slot.size])
            flags = self.book[0] = self.book[0] | flags
            if not flags & layout.FLAG_LAST: return None
            event["action"] = "snapshot" if flags & layout.FLAG_SNAPSHOT else "update"
        if kind == layout.KIND_OPTION_TICKER:
            part = len(self.option or []) % len(PARTS)
            self.option = (self.option or [] if part else []) + [known(Record(PARTS[part], data), OPTION[part])]
            if not flags & layout.FLAG_LAST: return None
        if kind in DERIVED:
            self.parts = (self.parts or []) + [Record(DERIVED[kind] if self.parts else NAMES[kind], data)]
            if not flags & layout.FLAG_LAST: return None
        event |= self.names(slot.venue, slot.instrument) | self.body(kind, slot, flags) | micros(slot)
        words = [name for name, bit in FLAGS if flags & bit and (kind, name) != (layout.KIND_BOOK, "snapshot")]
        self.book = self.option = self.parts = None
        return event | {"flags": words} if words else event

    def follow(self, wait="timer"):
        """Events as they come, for ever; `wait` as in Region.wait."""
        while True:
            slots = self.poll()
            yield from filter(None, map(self.event, slots))
            if not slots: self.wait(wait)

    def table(self, name):
        """All written rows of the "top" or "depth" table, as dicts."""
        size, at = layout.SIZES[name + "_row"], getattr(self.header, name + "_at")
        for i in range(self.header.instrument_count):
            row, named = self.row(name + "_row", at + i * size), self.instrument(i)
            if not row or not named or not row.validity: continue
            if name == "top": body = pick(row, "bid_price", "bid_size", "ask_price", "ask_size") | {"update_id": text(row.update_id)}
            else: body = {side: [row.__getattr__(side)[k:k + 2] for k in range(0, 2 * count, 2)] for side, count in (("bids", row.bid_count), ("asks", row.ask_count))} | pick(row, "bid_horizon", "ask_horizon") | {"seq": text(row.seq)}
            state = {"validity": word(layout.VALIDITIES, row.validity), "reason": word(layout.REASONS, row.reason), "epoch": row.epoch} | micros(row) | {"log_seq": str(row.log_seq)}
            yield {"type": name} | self.names(named.venue, i) | body | state


def main(path, *arguments):
    options = dict(zip(arguments, arguments[1:] + ("",)))
    lane, lost, left = Lane(path, options.get("--from", "head")), 0, int(options.get("--count", 2**63))
    epoch = lane.epoch()
    tables = [name for name in ("top", "depth") if "--" + name in options]
    for name in tables:
        for row in lane.table(name): print(dump(row))
    for event in lane.follow(options.get("--wait", "timer")) if left and not tables else ():
        if lane.lost != lost: print(f"lost {(lost := lane.lost)} slots", file=sys.stderr)
        if lane.epoch() != epoch: print(f"epoch {(epoch := lane.epoch())}: the writer was restarted", file=sys.stderr)
        print(dump(event), flush=lane.sequence("head") == lane.cursor)
        if (left := left - 1) == 0: break


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"): signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # feedhorn.py ... | head
    main(*sys.argv[1:])
