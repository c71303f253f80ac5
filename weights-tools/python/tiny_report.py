"""The report of a training run: figures, curve and log. `tiny_report.py WORK MODEL DIRECTORY` writes it again for a run that has ended."""
import argparse
import json
import os
import shutil

import tiny_evaluate

PICTURES = 1000
TARGETS = {"object": 0.95, "glyph": 0.95, "count": 0.90, "relation": 0.70, "retrieval": 0.85}


def write(log_file, model_directory, directory):
    os.makedirs(directory, exist_ok=True)
    with open(log_file) as f:
        log = {line["step"]: line for line in map(json.loads, f)}  # a resumed run repeats its last steps
    log = [log[step] for step in sorted(log)]
    shutil.copy(log_file, os.path.join(directory, "log.jsonl"))
    model, tokenizer = tiny_evaluate.load(model_directory)
    results = tiny_evaluate.evaluate(model, tokenizer, PICTURES)
    for name, text in (("curve.svg", curve(log)), ("report.md", table(results, log, model, tokenizer))):
        with open(os.path.join(directory, name), "w") as f:
            f.write(text)


def table(results, log, model, tokenizer):
    last = log[-1]
    lines = ["# clip-tiny: what it was measured to do", "",
             f"Written by `weights-tools/python/tiny_report.py`. {sum(p.numel() for p in model.parameters()):,} parameters, {len(tokenizer.ids)} tokens; "
             f"{last['step']:,} steps, {last['processor_seconds'] / 60:.0f} minutes of processor time; loss {last['loss']:.3f} at the end.", "",
             "The test is on combinations that training never showed: one colour of every shape and glyph, one in nine pairs of shapes. Each picture is shown "
             f"with {tiny_evaluate.CANDIDATES} captions, up to {tiny_evaluate.SINGLE} of which differ from the right one in a single attribute; chance is 2 %. "
             "The weights are those of the jar, in float16.", "", "| test | pictures | right | wanted | attributes in which the wrong answers differ |", "|---|---|---|---|---|"]
    for kind, result in results.items():
        share = result.get("accuracy", result.get("recall_at_1"))
        errors = ", ".join(f"{name} {100 * n / result['pictures']:.1f} %" for name, n in result.get("errors", {}).items())
        name = f"retrieval, {result['captions']} captions" if kind == "retrieval" else kind
        lines.append(f"| {name} | {result.get('pictures', result.get('captions'))} | {100 * share:.1f} % | {100 * TARGETS[kind]:.0f} % | {errors} |")
    return "\n".join(lines + ["", "![loss and accuracy over the steps](curve.svg)", ""])


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


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("work", help="directory of the run")
    arguments.add_argument("model", help="directory of the Hugging Face files")
    arguments.add_argument("directory", help="where report.md, curve.svg and log.jsonl go")
    arguments = arguments.parse_args()
    write(os.path.join(arguments.work, "log.jsonl"), arguments.model, arguments.directory)
