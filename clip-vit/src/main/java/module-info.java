/// CLIP's image and text encoders, and the reference that they are compared with. Knows no image format and no text; `reference` alone
/// opens files.
///
/// Layers are exported to the other modules of clip4j alone; they may change without notice.
module io.github.clip4j.vit {
    requires transitive io.github.clip4j.core;
    requires static transitive org.jspecify;

    exports io.github.clip4j.model;
    exports io.github.clip4j.reference;

    exports io.github.clip4j.nn to
            io.github.clip4j;
}
