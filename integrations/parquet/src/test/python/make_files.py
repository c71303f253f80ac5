"""Writes the Parquet files of WrittenElsewhereTest as pandas and pyarrow write them: make_files.py PHOTOS.parquet FOLDER

PHOTOS.parquet is an index of docs/examples with the built-in model, exported, with paths relative to integrations/parquet.
Made with pyarrow 25.0.1 and pandas 3.0.6.
"""

import sys

import numpy
import pandas
import pyarrow
import pyarrow.parquet

source, folder = sys.argv[1:]
table = pyarrow.parquet.read_table(source)
paths = table["path"].to_pylist()
hashes = table["hash"].to_pylist()
vectors = numpy.stack(table["embedding"].to_numpy())
dimension = vectors.shape[1]


def write(name, columns, **options):
    pyarrow.parquet.write_table(pyarrow.table(columns), f"{folder}/{name}.parquet", **options)


# the way of docs/search.md: an object column, snappy
frame = pandas.DataFrame({"path": paths, "hash": hashes})
frame["embedding"] = [row.astype("float64") for row in vectors]
frame["modified"] = pandas.to_datetime(numpy.arange(len(paths)), unit="s")  # pandas.read_json makes a time of it
frame.to_parquet(f"{folder}/pandas.parquet")

floats = pyarrow.array(list(vectors), pyarrow.list_(pyarrow.float32()))
write("zstd", {"path": paths, "hash": hashes, "embedding": floats}, compression="zstd", data_page_version="2.0", use_dictionary=False,
      column_encoding={"path": "DELTA_BYTE_ARRAY", "embedding.list.element": "BYTE_STREAM_SPLIT"})
fixed = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(vectors.ravel(), pyarrow.float32()), dimension)
write("gzip", {"path": paths, "hash": hashes, "embedding": fixed}, compression="gzip", row_group_size=2)
half = pyarrow.array(list(vectors.astype("float16")), pyarrow.list_(pyarrow.float16()))
write("lz4", {"path": paths, "hash": hashes, "embedding": half}, compression="lz4")

# one row that is right, the sixth, among those that are not
good = list(vectors[0])
bad = [None, [], [1.0] * 3, [0.5] * 10_000, good[:-1] + [float("nan")], good, [0.0] * dimension, good[:-1] + [None], good, good, good]
write("rows", {
    "path": [paths[i] for i in (1, 2, 3, 4, 1, 0, 2, 3)] + [None, "../../docs", paths[0]],
    "hash": [hashes[i] for i in (1, 2, 3, 4, 1, 0, 2, 3)] + [None, None, None],
    "error": ["no image"] + [None] * 10,
    "width": pyarrow.array([1] * 10 + [2**40], pyarrow.int64()),
    "embedding": pyarrow.array(bad, pyarrow.list_(pyarrow.float32())),
})

write("text", {"path": paths, "embedding": [str(row[0]) for row in vectors]})
write("nested", {"path": paths, "embedding": [[[1.0]]] * len(paths)})
write("nothing", {"file": paths, "embedding": floats})
write("brotli", {"path": paths, "embedding": floats}, compression="brotli")
