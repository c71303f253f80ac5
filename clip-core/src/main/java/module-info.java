/// Tensors, SIMD kernels and weight formats of clip4j.
///
/// The incubator module is `static`: an application that starts without `--add-modules jdk.incubator.vector` still runs, on the scalar
/// kernels, and says so in one log line.
///
/// Operations and file formats are exported to the other modules of clip4j alone; they may change without notice.
module io.github.clip4j.core {
    requires static jdk.incubator.vector;
    requires static jdk.management;
    requires static transitive org.jspecify;

    exports io.github.clip4j.core;
    exports io.github.clip4j.core.weights;

    exports io.github.clip4j.core.format to
            io.github.clip4j;
    exports io.github.clip4j.core.format.json to
            io.github.clip4j,
            io.github.clip4j.hub,
            io.github.clip4j.vit;
    exports io.github.clip4j.core.format.npy to
            io.github.clip4j;
    exports io.github.clip4j.core.format.safetensors to
            io.github.clip4j,
            io.github.clip4j.vit;
    exports io.github.clip4j.core.format.torch to
            io.github.clip4j;
    exports io.github.clip4j.core.parallel to
            io.github.clip4j,
            io.github.clip4j.vit;
    exports io.github.clip4j.core.ops to
            io.github.clip4j,
            io.github.clip4j.image,
            io.github.clip4j.search,
            io.github.clip4j.vit;
}
