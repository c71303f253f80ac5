package io.github.clip4j.bench;

import com.google.gson.JsonObject;
import io.github.clip4j.core.kernel.VectorSupport;
import io.github.clip4j.core.ops.FmaPeak;
import io.github.clip4j.core.parallel.Workers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.stream.Stream;

/// What a figure was measured on. No host name, no path.
final class MachineManifest {
    private MachineManifest() {}

    static JsonObject read() throws IOException {
        int processors = Runtime.getRuntime().availableProcessors();
        JsonObject manifest = new JsonObject();
        manifest.addProperty("date", LocalDate.now(ZoneOffset.UTC).toString());
        manifest.addProperty("processor", processor());
        manifest.addProperty("processors", processors);
        manifest.addProperty("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        manifest.addProperty("jvm", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        manifest.addProperty("kernels", VectorSupport.describe());
        for (int threads = 1; threads <= processors; threads *= 2) {
            try (Workers workers = new Workers(threads)) {
                double peak = FmaPeak.measure(workers);
                if (!Double.isNaN(peak)) {
                    manifest.addProperty("peakGflops" + threads, Math.rint(peak));
                }
            }
        }
        return manifest;
    }

    /// The processor's name where the system tells it.
    private static String processor() throws IOException {
        Path file = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(file)) {
            return "unknown";
        }
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith("model name")).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse("unknown");
        }
    }
}
