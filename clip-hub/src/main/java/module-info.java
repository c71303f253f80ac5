/// Published checkpoints: the cache that Hugging Face's tools share, and downloads into it.
module io.github.clip4j.hub {
    requires io.github.clip4j.core;
    requires java.net.http;
    requires static transitive org.jspecify;

    exports io.github.clip4j.hub;
}
