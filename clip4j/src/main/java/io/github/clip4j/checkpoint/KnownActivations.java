package io.github.clip4j.checkpoint;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.torch.TorchFile;
import io.github.clip4j.core.weights.WeightSource;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The activation of known checkpoints that do not say it. Weights look the same with either, and the wrong one changes results by
/// percents.
///
/// OpenAI's models, MetaCLIP 1 and Apple's DFN models were trained with QuickGELU; LAION's, DataComp's and CommonPool's with GELU
/// (open_clip `src/open_clip/pretrained.py`). A name decides when it is the publisher's; else the SHA-256 of OpenAI's own files
/// (openai/CLIP `clip/clip.py`, `_MODELS`).
final class KnownActivations {
    /// Parts of names of directories and files, lower case, in the order in which they are tried.
    private static final Map<String, Activation> NAMES = new LinkedHashMap<>();

    static {
        NAMES.put("laion", Activation.GELU);
        NAMES.put("datacomp", Activation.GELU);
        NAMES.put("commonpool", Activation.GELU);
        NAMES.put("metaclip2", Activation.GELU);
        NAMES.put("metaclip", Activation.QUICK_GELU);
        NAMES.put("dfn2b-39b", Activation.GELU);
        NAMES.put("dfn", Activation.QUICK_GELU);
        NAMES.put("quickgelu", Activation.QUICK_GELU);
        NAMES.put("openai", Activation.QUICK_GELU);
    }

    private static final Map<String, Activation> HASHES = Map.of(
            "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af", Activation.QUICK_GELU, // ViT-B-32.pt
            "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f", Activation.QUICK_GELU, // ViT-B-16.pt
            "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836", Activation.QUICK_GELU, // ViT-L-14.pt
            "3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02", Activation.QUICK_GELU); // ViT-L-14-336px.pt

    /// An activation, and what it was known by.
    record Known(Activation activation, String origin) {}

    private KnownActivations() {}

    /// By the code of a TorchScript archive, which has the factor of QuickGELU or a call of GELU in it.
    static Optional<Known> ofCode(WeightSource weights) {
        return weights instanceof TorchFile file && file.activations().size() == 1
                ? Optional.of(new Known(file.activations().iterator().next(), "the archive's own code"))
                : Optional.empty();
    }

    /// By the name of a directory, file or repository.
    static Optional<Known> ofName(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return NAMES.entrySet().stream()
                .filter(entry -> lower.contains(entry.getKey()))
                .map(entry -> new Known(entry.getValue(), "'%s' in the name %s".formatted(entry.getKey(), name)))
                .findFirst();
    }

    /// By the content of a file of weights.
    static Optional<Known> ofContent(ByteSource file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
        try (InputStream in = file.stream(0, file.size())) {
            byte[] chunk = new byte[1 << 16];
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                digest.update(chunk, 0, n);
            }
        }
        return Optional.ofNullable(HASHES.get(HexFormat.of().formatHex(digest.digest())))
                .map(activation -> new Known(activation, "the SHA-256 of one of OpenAI's files"));
    }
}
