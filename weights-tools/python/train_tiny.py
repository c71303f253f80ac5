"""Trains clip-tiny from nothing: `train_tiny.py WORK --export clip-tiny/…/tiny --report docs/tiny`.

The objective is the CLIP paper's (section 2.3, figure 3): cross-entropy over the rows and over the columns of a batch's similarities, temperature
learnt and clipped at 100. Batches are drawn by step number, so a run can be stopped, and goes on from WORK/checkpoint.pt.
"""
import argparse
import json
import math
import os
import time

import torch
import torch.nn.functional as F

import bpe_reference
import tiny_evaluate
import tiny_model
import tiny_report
import tiny_world

BATCH, RATE, WARM_UP, DECAY, BETAS, EPSILON, SEED = 128, 1e-3, 200, 0.1, (0.9, 0.98), 1e-6, 2026


def learn_vocabulary(captions=30_000):
    """A merge for every word that the captions hold, most frequent pairs first."""
    texts = []
    for i in range(0, captions, 1000):
        texts += tiny_world.draw_batch([SEED, 1, i], 1000)[1]
    return bpe_reference.learn(texts, 600)


def optimiser(model):
    """AdamW; weights decay, gains, biases, embeddings of position and the temperature do not."""
    decaying = [p for n, p in model.named_parameters() if p.ndim >= 2 and "position" not in n]
    others = [p for n, p in model.named_parameters() if p.ndim < 2 or "position" in n]
    return torch.optim.AdamW([dict(params=decaying, weight_decay=DECAY), dict(params=others, weight_decay=0)], lr=RATE, betas=BETAS, eps=EPSILON)


def rate(step, steps):
    if step < WARM_UP:
        return RATE * (step + 1) / WARM_UP
    return RATE * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (step - WARM_UP) / (steps - WARM_UP))))


def dark(step):
    """The share of pictures on black. On a background of any colour the model takes long to find that an edge is an edge whatever is on its sides; it starts
    where an edge is always from dark to light."""
    return max(0.0, 0.95 * (1 - step / 3000))


def train(work, steps, export, report, watch=lambda step, model, tokenizer: None):
    """`watch` sees the model before the first step, and after each thousandth."""
    os.makedirs(work, exist_ok=True)
    torch.manual_seed(SEED)
    state_file, log_file = os.path.join(work, "checkpoint.pt"), os.path.join(work, "log.jsonl")
    state = torch.load(state_file) if os.path.exists(state_file) else None
    merges = state["merges"] if state else learn_vocabulary()
    tokenizer = tiny_model.Tokenizer(merges)
    model = tiny_model.TinyClip(len(tokenizer.ids))
    optimizer = optimiser(model)
    step, seconds = 0, 0.0
    if state:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        step, seconds = state["step"], state["seconds"]
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(tokenizer.ids)} tokens, from step {step}", flush=True)
    if step == 0:
        watch(0, model, tokenizer)
    last, losses = time.process_time(), []
    while step < steps:
        scenes, captions = tiny_world.draw_batch([SEED, 2, step], BATCH, dark=dark(step))
        images = model.encode_image(tiny_world.render(scenes, [SEED, 3, step], tiny_model.VISION["image_size"]))
        texts = model.encode_text(tokenizer.batch(captions))
        logits = model.logit_scale.exp() * images @ texts.T
        right = torch.arange(BATCH)
        loss = (F.cross_entropy(logits, right) + F.cross_entropy(logits.T, right)) / 2
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            model.logit_scale.clamp_(max=math.log(100))
        step += 1
        losses.append(loss.item())
        if step % 50 == 0 or step == steps:
            now = time.process_time()  # of all threads: what else the machine does is not counted
            seconds, last = seconds + now - last, now
            line = dict(step=step, loss=sum(losses) / len(losses), scale=model.logit_scale.exp().item(), processor_seconds=round(seconds))
            losses = []
            if step % 1000 == 0 or step == steps:
                line["accuracy"] = {k: v.get("accuracy", v.get("recall_at_1")) for k, v in tiny_evaluate.evaluate(model, tokenizer, 100).items()}
            with open(log_file, "a") as f:
                f.write(json.dumps(line) + "\n")
            print(line, flush=True)
            if step % 1000 == 0 or step == steps:
                torch.save(dict(model=model.state_dict(), optimizer=optimizer.state_dict(), step=step, seconds=seconds, merges=merges),
                           state_file + ".tmp")
                os.replace(state_file + ".tmp", state_file)
                watch(step, model, tokenizer)
    tiny_model.export(model, tokenizer, export)
    tiny_report.write(log_file, export, report)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("work", help="directory for the checkpoint and the log")
    arguments.add_argument("--steps", type=int, default=16000)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--export", required=True, help="directory for the Hugging Face files")
    arguments.add_argument("--report", required=True, help="directory for report.md, curve.svg and log.jsonl")
    arguments = arguments.parse_args()
    torch.set_num_threads(arguments.threads)
    train(arguments.work, arguments.steps, arguments.export, arguments.report)
