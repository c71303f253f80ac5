/// CLIP in a few lines: load a checkpoint, embed images and texts, classify.
module io.github.clip4j {
    requires com.google.gson;
    requires transitive io.github.clip4j.vit;
    requires transitive io.github.clip4j.image;
    requires transitive io.github.clip4j.tokenizer;
    requires static transitive org.jspecify;

    exports io.github.clip4j;
    exports io.github.clip4j.checkpoint;
}
