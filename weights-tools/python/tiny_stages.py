"""Stops the training of clip-tiny on its way: `tiny_stages.py OUT 1000 2000` writes the untrained model to OUT/0, and those after 1,000 and 2,000 of its
16,000 steps, as Hugging Face directories that `clip … --model OUT/1000` takes. Two thousand steps take 13 minutes on two cores.

The steps are those of `train_tiny.py`, with its seed: docs/tiny/log.jsonl has their losses.
"""
import argparse
import os
import sys

import torch

import tiny_model
import train_tiny


def main(out, stages, threads):
    torch.set_num_threads(threads)

    def watch(step, model, tokenizer):
        if step == 0 or step in stages:
            tiny_model.export(model, tokenizer, os.path.join(out, str(step)))
        if step >= max(stages):
            sys.exit()

    train_tiny.train(os.path.join(out, "work"), 16000, "", "", watch)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("out", help="directory for the models; a run that was stopped goes on from it")
    arguments.add_argument("stages", type=int, nargs="+", help="multiples of 1000")
    arguments.add_argument("--threads", type=int, default=2)
    arguments = arguments.parse_args()
    main(arguments.out, arguments.stages, arguments.threads)
