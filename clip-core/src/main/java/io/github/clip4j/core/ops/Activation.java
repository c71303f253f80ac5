package io.github.clip4j.core.ops;

import io.github.clip4j.core.kernel.KernelForm;
import io.github.clip4j.core.kernel.gemm.Gemm;
import java.util.Optional;

/// The activation of the MLP, as a checkpoint's config names it. They differ by up to 7 % in the output of a tower, so none is a substitute
/// for another.
public enum Activation {
    /// x·σ(1.702·x): OpenAI's checkpoints.
    QUICK_GELU("quick_gelu", Gemm.Epilogue.QUICK_GELU),
    /// x·Φ(x), with erf: LAION's, DataComp's and most other checkpoints.
    GELU("gelu", Gemm.Epilogue.GELU),
    /// The tanh approximation.
    GELU_TANH("gelu_pytorch_tanh", Gemm.Epilogue.GELU_TANH);

    private final String configName;
    private final Gemm.Epilogue epilogue;

    Activation(String configName, Gemm.Epilogue epilogue) {
        this.configName = configName;
        this.epilogue = epilogue;
    }

    /// The name in a Hugging Face `config.json`.
    public String configName() {
        return configName;
    }

    Gemm.Epilogue epilogue() {
        return epilogue;
    }

    /// The activation that `config.json` calls `name`, or empty when it is none of CLIP's. `gelu_new` is the tanh approximation, too.
    public static Optional<Activation> ofConfigName(String name) {
        if (name.equals("gelu_new")) {
            return Optional.of(GELU_TANH);
        }
        for (Activation activation : values()) {
            if (activation.configName.equals(name)) {
                return Optional.of(activation);
            }
        }
        return Optional.empty();
    }

    /// Applies the activation to `x` in place.
    public void apply(float[] x) {
        Gemm.activate(KernelForm.VECTOR, epilogue, x, 0, x.length);
    }
}
