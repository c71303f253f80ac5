/// CLIP's image and text encoders, and the reference that they are compared with. Knows no file, no image format and no text.
module io.github.clip4j.vit {
    requires transitive io.github.clip4j.core;
    requires static transitive org.jspecify;

    exports io.github.clip4j.model;
    exports io.github.clip4j.reference;
}
