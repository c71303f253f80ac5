"""The report of a training run: figures, curve and log."""
import json
import os
import shutil


def write(directory, log_file, report, model, steps, batch):
    os.makedirs(directory, exist_ok=True)
    with open(log_file) as f:
        log = {line["step"]: line for line in map(json.loads, f)}  # a resumed run repeats its last steps
    log = [log[step] for step in sorted(log)]
    shutil.copy(log_file, os.path.join(directory, "log.jsonl"))
    with open(os.path.join(directory, "curve.svg"), "w") as f:
        f.write(curve(log))
    with open(os.path.join(directory, "report.json"), "w") as f:
        json.dump(dict(parameters=sum(p.numel() for p in model.parameters()), steps=steps, batch=batch, seconds=log[-1]["seconds"],
                       final_loss=log[-1]["loss"], test=report), f, indent=2)
        f.write("\n")


COLOURS = {"object": "#d62728", "glyph": "#1f77b4", "count": "#2ca02c", "relation": "#9467bd", "retrieval": "#8c564b"}


def curve(log):
    """Loss (grey, right axis) and test accuracies (left axis) over the steps."""
    width, height, left, right, top, bottom = 760, 360, 50, 50, 20, 40
    last, highest = log[-1]["step"], max(line["loss"] for line in log)

    def line(points, colour, wide):
        return f'<polyline fill="none" stroke="{colour}" stroke-width="{wide}" points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>'

    def place(step, share):
        return left + (width - left - right) * step / last, top + (height - top - bottom) * (1 - share)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for i in range(6):
        y = place(0, i / 5)[1]
        out.append(f'<line x1="{left}" x2="{width - right}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        out.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{20 * i} %</text>')
        out.append(f'<text x="{width - right + 6}" y="{y + 4}" fill="#888">{highest * i / 5:.1f}</text>')
        out.append(f'<text x="{place(last * i / 5, 0)[0]}" y="{height - 20}" text-anchor="middle">{last * i // 5}</text>')
    out.append(f'<text x="{width / 2}" y="{height - 4}" text-anchor="middle">step</text>')
    out.append(line([place(p["step"], p["loss"] / highest) for p in log], "#bbb", 1))
    for i, (name, colour) in enumerate(COLOURS.items()):
        out.append(line([place(p["step"], p["accuracy"][name]) for p in log if "accuracy" in p], colour, 2))
        out.append(f'<text x="{left + 10 + 90 * i}" y="14" fill="{colour}">{name}</text>')
    out.append(f'<text x="{left + 10 + 90 * len(COLOURS)}" y="14" fill="#888">loss (right axis)</text>')
    return "\n".join(out + ["</svg>"]) + "\n"
