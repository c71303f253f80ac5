"""Compares clip4j with PyTorch, and with ONNX Runtime when its jar is there, on the same weights, threads and batches,
alternating, and prints the medians:

    python3 clip-bench/peers/run.py [--preset b32] [--threads 1,2] [--batch 1,8,32] [--towers image,text] [--tokens 77]
        [--rounds 5] [--seconds 3] [--json results.json] [--onnxruntime onnxruntime-1.22.0.jar]

Needs PyTorch and NumPy. The jar comes with `mvn dependency:copy -Dartifact=com.microsoft.onnxruntime:onnxruntime:1.22.0
-DoutputDirectory=.`. Each round starts a JVM and a Python process for every tower and number of threads, one after the
other, so that a bad minute of the machine meets both. The peak is that of the JVM of the same round.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def output(command):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{run.stderr}")
    return run.stdout


def extents(model, tower, tokens):
    """What a peer needs to know of its input: the edge of pictures, or the tokens of a text and of the vocabulary."""
    with open(os.path.join(model, "config.json")) as f:
        config = json.load(f)
    return str(config["vision_config"].get("image_size", 224)) if tower == "image" else f"{tokens},{config['text_config'].get('vocab_size', 49408)}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--preset", default="b32", choices=("b32", "b16", "l14", "siglip2-b32-256"))
    arguments.add_argument("--threads", default="1,2")
    arguments.add_argument("--batch", default="1,8,32")
    arguments.add_argument("--towers", default="image,text")
    arguments.add_argument("--tokens", help="of a text, all positions unless given, or the least and most, such as 8-12, which the peers pad")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", default="3")
    arguments.add_argument("--json")
    arguments.add_argument("--onnxruntime", help="the jar of ONNX Runtime's Java API")
    arguments.add_argument("--java", default="java", help="the Java that runs it")
    a = arguments.parse_args()
    a.tokens = a.tokens or ("64" if a.preset.startswith("siglip") else "77")
    longest = a.tokens.split("-")[-1]
    rates, fractions = {}, {}
    with tempfile.TemporaryDirectory() as model:
        output([sys.executable, os.path.join(ROOT, "weights-tools", "python", "random_checkpoint.py"), a.preset, model])
        onnx = {tower: os.path.join(model, tower + ".onnx") for tower in a.towers.split(",")} if a.onnxruntime else {}
        for tower, file in onnx.items():
            output([sys.executable, os.path.join(HERE, "onnx_clip.py"), model, file, "--tower", tower, "--tokens", longest])
        for round_number in range(a.rounds):
            for tower in a.towers.split(","):
                for threads in a.threads.split(","):
                    common = ["--tower", tower, "--threads", threads, "--batch", a.batch, "--seconds", a.seconds, "--tokens"]
                    ours = json.loads(output([os.path.join(ROOT, "clip"), "bench", "--model", model, "--json", *common, a.tokens]))
                    for cell in ours["cells"]:
                        key = (tower, cell["threads"], cell["batch"])
                        rates.setdefault(key, {}).setdefault("clip4j", []).append(cell["per_second"])
                        fractions.setdefault(key, []).append(cell["fraction"])
                    for line in output([sys.executable, os.path.join(HERE, "torch_clip.py"), model, *common, longest]).splitlines():
                        cell = json.loads(line)
                        rates[tower, cell["threads"], cell["batch"]].setdefault("PyTorch", []).append(cell["per_second"])
                    if a.onnxruntime:
                        command = [a.java, "-cp", a.onnxruntime, os.path.join(HERE, "OnnxClip.java"), onnx[tower], tower, threads, a.batch, a.seconds]
                        for line in output(command + [extents(model, tower, longest)]).splitlines():
                            cell = json.loads(line)
                            rates[tower, cell["threads"], cell["batch"]].setdefault("ONNX Runtime", []).append(cell["per_second"])
            print(f"round {round_number + 1} of {a.rounds}", file=sys.stderr, flush=True)
    names = ["clip4j", "PyTorch"] + ["ONNX Runtime"] * bool(a.onnxruntime)
    print("| tower | threads | batch | clip4j /s | of the peak |" + "".join(f" {n} /s | ratio | rounds' ratios |" for n in names[1:]))
    print("|---" * (5 + 3 * len(names[1:])) + "|")
    product, cells = 1, []
    for (tower, threads, batch), cell in rates.items():
        medians = {n: statistics.median(cell[n]) for n in names}
        fraction = statistics.median(fractions[tower, threads, batch])
        row = f"| {tower} | {threads} | {batch} | {medians['clip4j']:.2f} | {fraction:.1%} |"
        for n in names[1:]:
            each = [x / y for x, y in zip(cell["clip4j"], cell[n])]
            row += f" {medians[n]:.2f} | {medians['clip4j'] / medians[n]:.2f} | {min(each):.2f} to {max(each):.2f} |"
        print(row)
        product *= medians["clip4j"] / max(medians[n] for n in names[1:])
        cells.append(dict(tower=tower, threads=threads, batch=batch, fraction=fraction, **cell))
    print(f"\ngeometric mean of the ratios to the faster of the others: {product ** (1 / len(rates)):.2f}")
    if a.json:
        with open(a.json, "w") as f:
            json.dump(dict(preset=a.preset, tokens=a.tokens, cells=cells), f, indent=1)


if __name__ == "__main__":
    main()
