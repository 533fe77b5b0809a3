"""Reads the trades and quotes of a lake with pyarrow and pandas, and prints what they see as JSON."""

import decimal
import json
import sys

import pandas
import pyarrow.dataset as dataset


def text(value):
    """A decimal by its digits, exactly, without the zeros its scale pads it with."""
    if value is None:
        return None
    assert isinstance(value, decimal.Decimal), type(value)
    digits = format(value, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def main(lake):
    trades = dataset.dataset(f"{lake}/trades", format="parquet", partitioning="hive").to_table().sort_by("seq")
    rows = [
        {
            "seq": row["seq"],
            "symbol": row["symbol"],
            "price": text(row["price"]),
            "size": text(row["size"]),
            "side": row["side"],
            "id": row["id"],
            "date": str(row["date"]),
            "hour": row["hour"],
        }
        for row in trades.drop_columns(["ts_event", "ts_recv"]).to_pylist()
    ]
    frame = pandas.read_parquet(f"{lake}/quotes").sort_values("seq")
    sums = frame[["bid_price", "ask_size"]].map(lambda value: decimal.Decimal(0) if value is None else value).sum()
    print(
        json.dumps(
            {
                "types": {field.name: str(field.type) for field in trades.schema},
                "ns": [str(value.value) for value in trades["ts_event"]],
                "rows": rows,
                "quotes": len(frame),
                "absent": int(frame["bid_price"].isna().sum()),
                "bids": text(sums["bid_price"]),
                "ask_sizes": text(sums["ask_size"]),
            }
        )
    )


main(sys.argv[1])
