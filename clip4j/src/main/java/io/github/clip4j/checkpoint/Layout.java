package io.github.clip4j.checkpoint;

/// How a checkpoint names its tensors.
public enum Layout {
    /// `text_model.encoder.layers.0.…` (huggingface/transformers `modeling_clip.py`).
    HUGGING_FACE("hf"),
    /// `transformer.resblocks.0.…`, `visual.…` (openai/CLIP `clip/model.py`; open_clip's class `CLIP`).
    OPENAI("openai"),
    /// `text.transformer.resblocks.0.…`, `visual.…` (open_clip's class `CustomTextCLIP`).
    OPEN_CLIP("open_clip");

    private final String id;

    Layout(String id) {
        this.id = id;
    }

    /// {@return the name on the command line}
    public String id() {
        return id;
    }
}
