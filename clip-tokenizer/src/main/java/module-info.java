/// CLIP's byte-level BPE tokenizer.
module io.github.clip4j.tokenizer {
    requires com.google.gson;
    requires static transitive org.jspecify;

    exports io.github.clip4j.tokenizer;

    exports io.github.clip4j.tokenizer.json to
            io.github.clip4j;
}
