"""The searches of numpy and faiss over the vectors that io.github.clip4j.bench.SearchRates wrote: FOLDER [hnsw]

Needs numpy and faiss-cpu. Queries go one at a time, the ways in turn; recall is that of the exact answer's ten.
"""
import glob, sys, time
import numpy as np
import faiss

folder = sys.argv[1]
queries = np.load(f"{folder}/queries.npy")
d = queries.shape[1]
vectors = np.concatenate([np.fromfile(f, "<f4").reshape(-1, d) for f in sorted(glob.glob(f"{folder}/index/*.vectors"))])
exact = [np.argsort(-(vectors @ q))[:10] for q in queries[:100]]


def of_numpy(q):
    scores = vectors @ q
    best = np.argpartition(-scores, 10)[:10]
    return best[np.argsort(-scores[best])]


ways = {"numpy": of_numpy}
flat = faiss.IndexFlatIP(d)
flat.add(vectors)
ways["faiss flat"] = lambda q: flat.search(q[None], 10)[1][0]
if "hnsw" in sys.argv:
    begin = time.perf_counter()
    hnsw = faiss.IndexHNSWFlat(d, 16, faiss.METRIC_INNER_PRODUCT)
    hnsw.hnsw.efConstruction = 100
    hnsw.add(vectors)
    print(f"faiss HNSW built in {time.perf_counter() - begin:.1f} s")

    def of_hnsw(ef):
        def search(q):
            hnsw.hnsw.efSearch = ef
            return hnsw.search(q[None], 10)[1][0]
        return search

    for ef in (16, 64, 256):
        ways[f"faiss HNSW, ef {ef}"] = of_hnsw(ef)

times = {name: [] for name in ways}
found = dict.fromkeys(ways, 0)
for q, best in zip(queries, exact):
    for name, way in ways.items():
        begin = time.perf_counter()
        rows = way(q)
        times[name].append(time.perf_counter() - begin)
        found[name] += len(set(rows) & set(best))
for name in ways:
    ms = np.array(times[name]) * 1e3
    print(f"{name:20} median {np.median(ms):.2f} ms  p90 {np.quantile(ms, 0.9):.2f}  recall@10 {found[name] / (10 * len(exact)):.4f}")
