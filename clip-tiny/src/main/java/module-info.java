/// The embedded demonstration model.
module io.github.clip4j.tiny {
    requires transitive io.github.clip4j;
    requires static transitive org.jspecify;

    exports io.github.clip4j.tiny;
}
