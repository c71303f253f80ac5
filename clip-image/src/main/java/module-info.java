/// Image files as Pillow decodes them, and CLIP's preprocessing. The only module that needs `java.desktop`.
module io.github.clip4j.image {
    requires transitive java.desktop;
    requires java.xml;
    requires transitive io.github.clip4j.core;
    requires static transitive org.jspecify;

    exports io.github.clip4j.image;
}
