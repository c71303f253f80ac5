/// An index of embeddings on disk, and exact search in it.
module io.github.clip4j.search {
    requires com.google.gson;
    requires transitive io.github.clip4j;
    requires static transitive org.jspecify;

    exports io.github.clip4j.search;
}
