/// Tensors, SIMD kernels and weight formats of clip4j.
///
/// The incubator module is `static`: an application that starts without `--add-modules jdk.incubator.vector` still runs, on the scalar
/// kernels, and says so in one log line.
module io.github.clip4j.core {
    requires com.google.gson;
    requires static jdk.incubator.vector;
    requires static jdk.management;
    requires static transitive org.jspecify;

    exports io.github.clip4j.core;
    exports io.github.clip4j.core.format.json;
    exports io.github.clip4j.core.format.npy;
    exports io.github.clip4j.core.format.safetensors;
    exports io.github.clip4j.core.format.torch;
    exports io.github.clip4j.core.ops;
    exports io.github.clip4j.core.parallel;
    exports io.github.clip4j.core.weights;
}
