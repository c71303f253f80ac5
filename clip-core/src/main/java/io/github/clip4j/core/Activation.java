package io.github.clip4j.core;

import java.util.Optional;

/// The activation of the MLP, as a checkpoint's config names it. They differ by up to 7 % in the output of a tower, so none is a substitute
/// for another.
public enum Activation {
    /// x·σ(1.702·x): OpenAI's checkpoints.
    QUICK_GELU("quick_gelu"),
    /// x·Φ(x), with erf: LAION's, DataComp's and most other checkpoints.
    GELU("gelu"),
    /// The tanh approximation.
    GELU_TANH("gelu_pytorch_tanh"),
    /// max(x, 0): NLLB-CLIP's texts. No CLIP's config names it.
    RELU("relu");

    private final String configName;

    Activation(String configName) {
        this.configName = configName;
    }

    /// {@return the name in a Hugging Face `config.json`}
    public String configName() {
        return configName;
    }

    /// {@return the activation that `config.json` calls `name`, or empty when it is none of CLIP's} `gelu_new` is the tanh approximation,
    /// too.
    ///
    /// @param name the value of `hidden_act`
    public static Optional<Activation> ofConfigName(String name) {
        if (name.equals("gelu_new")) {
            return Optional.of(GELU_TANH);
        }
        for (Activation activation : values()) {
            if (activation != RELU && activation.configName.equals(name)) {
                return Optional.of(activation);
            }
        }
        return Optional.empty();
    }
}
