package io.github.clip4j.tokenizer;

import java.util.Optional;

/// Which reference implementation a tokenizer agrees with. They clean text differently, and so give different ids for the same text.
public enum TokenizerProfile {
    /// Hugging Face's fast CLIP tokenizer (`tokenizer.json`, the Rust tokenizers): NFC, runs of white space to one space, lower case per code
    /// point. The default.
    HF("hf");

    private final String id;

    TokenizerProfile(String id) {
        this.id = id;
    }

    /// The name on the command line.
    public String id() {
        return id;
    }

    /// The profile called `id`, or empty.
    public static Optional<TokenizerProfile> ofId(String id) {
        for (TokenizerProfile profile : values()) {
            if (profile.id.equals(id)) {
                return Optional.of(profile);
            }
        }
        return Optional.empty();
    }
}
