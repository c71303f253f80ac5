"""Draws the charts of docs/performance.md and docs/kernels/gemm.md:

    python3 clip-bench/chart.py ladder clip-bench/results/NAME.json docs/kernels/ladder.svg
    python3 clip-bench/chart.py peers clip-bench/results/NAME-peers.json docs/peers.svg

The first takes what benchmarks.jar writes, the second what peers/run.py --json writes.
"""
import json
import statistics
import sys

OURS, OTHERS, WIDTH, LEFT, ROW = "#1f77b4", "#bbbbbb", 760, 210, 22


def svg(rows, title, unit, note):
    """Horizontal bars; a row is (label, value, text, colour)."""
    highest = max(value for _, value, _, _ in rows if value)
    height = 60 + ROW * len(rows)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{WIDTH}" height="{height}" fill="white"/>', f'<text x="10" y="20" font-size="15">{title}</text>']
    for i, (label, value, text, colour) in enumerate(rows):
        y = 34 + ROW * i
        out.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{label}</text>')
        if value:
            bar = max(1, (WIDTH - LEFT - 150) * value / highest)
            out.append(f'<rect x="{LEFT}" y="{y + 2}" width="{bar:.1f}" height="{ROW - 6}" fill="{colour}"/>')
            out.append(f'<text x="{LEFT + bar + 6:.1f}" y="{y + 14}">{text} {unit}</text>')
    out.append(f'<text x="10" y="{height - 8}" fill="#666">{note}</text>')
    return "\n".join(out + ["</svg>"]) + "\n"


def machine(document):
    m = document["machine"]
    return f"{m['processor']}, {m['processors']} cores, {m['jvm']}, {m['date']}"


def ladder(document):
    rows = []
    for result in document["results"]:
        p = result["parameters"]
        if result["benchmark"].startswith("GemmLadder") and p["shape"].startswith("400x"):
            text = f"{result['gflops']:.1f} GFLOP/s, {100 * result['ofPeak']:.1f} % of the peak"
            rows.append((p["rung"].lower() + (f", {p['threads']} threads" if p["rung"] == "PARALLEL" else ""), result["gflops"], text, OURS))
    return svg(rows, "One product of ViT-B/32 at batch 8, 400 × 3072 × 768, rung by rung", "", machine(document))


def peers(document):
    rows = []
    for cell in document["cells"]:
        where = f"{cell['tower']}, {cell['threads']} thread{'s' if cell['threads'] > 1 else ''}, batch {cell['batch']}"
        for name, colour in (("clip4j", OURS), ("PyTorch", OTHERS), ("ONNX Runtime", "#888888")):
            if name in cell:
                rate = statistics.median(cell[name])
                rows.append((f"{where}: {name}" if name == "clip4j" else name, rate, f"{rate:.1f}", colour))
        rows.append(("", 0, "", ""))
    return svg(rows[:-1], f"ViT-{document['preset'].upper()}, float32: images and texts of {document['tokens']} tokens a second", "/s",
               "medians of alternating rounds; higher is better")


if __name__ == "__main__":
    kind, source, target = sys.argv[1:]
    with open(source) as f:
        drawn = {"ladder": ladder, "peers": peers}[kind](json.load(f))
    with open(target, "w") as f:
        f.write(drawn)
