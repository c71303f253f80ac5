/// CLIP: image preprocessing, both encoders, and zero-shot classification.
module io.github.clip4j.vit {
    requires java.desktop;
    requires java.xml;
    requires transitive io.github.clip4j.core;
    requires transitive io.github.clip4j.tokenizer;
    requires static transitive org.jspecify;

    exports io.github.clip4j;
    exports io.github.clip4j.checkpoint;
    exports io.github.clip4j.image;
    exports io.github.clip4j.model;
    exports io.github.clip4j.reference;
    exports io.github.clip4j.zeroshot;
}
