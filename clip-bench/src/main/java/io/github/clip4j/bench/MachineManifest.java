package io.github.clip4j.bench;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.core.kernel.VectorSupport;
import io.github.clip4j.core.ops.FmaPeak;
import io.github.clip4j.core.parallel.Workers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// What a figure was measured on. No host name, no path.
///
/// A benchmark runs in a JVM of its own, with options of its own (`--add-modules`, `-XX:UseAVX=2` …). The manifest is that of such a JVM:
/// [#ofJvm] starts another one with the same options, and asks it.
final class MachineManifest {
    private MachineManifest() {}

    /// Prints the manifest of this JVM as one JSON document.
    public static void main(String[] args) throws IOException {
        System.out.println(read());
    }

    /// The manifest of a JVM with these options.
    ///
    /// @param java the program that starts it
    /// @param options as the measuring JVM had them
    /// @throws IOException if that JVM does not start, or fails
    static JsonElement ofJvm(String java, List<String> options) throws IOException {
        List<String> command = new ArrayList<>(List.of(java));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MachineManifest.class.getName()));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            int status = process.waitFor();
            if (status != 0) {
                throw new IOException("the JVM that describes the machine: expected exit code 0, got " + status + "; try it: "
                        + String.join(" ", command));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the machine was described", e);
        }
        return JsonParser.parseString(output);
    }

    /// The manifest of this JVM. Takes about a second, in which the peak is measured.
    static JsonObject read() throws IOException {
        int processors = Runtime.getRuntime().availableProcessors();
        JsonObject manifest = new JsonObject();
        manifest.addProperty("date", LocalDate.now(ZoneOffset.UTC).toString());
        manifest.addProperty("processor", processor(Path.of("/proc/cpuinfo")));
        manifest.addProperty("processors", processors);
        JsonObject caches = new JsonObject();
        caches(Path.of("/sys/devices/system/cpu/cpu0/cache")).forEach(caches::addProperty);
        manifest.add("caches", caches);
        manifest.addProperty("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        manifest.addProperty("jvm", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        manifest.addProperty("kernels", VectorSupport.describe());
        for (int threads = 1; threads <= processors; threads *= 2) {
            try (Workers workers = new Workers(threads)) {
                double peak = FmaPeak.measure(workers);
                if (Double.isFinite(peak)) { // without the Vector API there is none, and JSON has no NaN
                    manifest.addProperty("peakGflops" + threads, Math.rint(peak));
                }
            }
        }
        return manifest;
    }

    /// The processor's name with its family, model and stepping, as `/proc/cpuinfo` has them: virtual machines shorten the name.
    ///
    /// @return `unknown` where the system has no such file
    static String processor(Path cpuinfo) throws IOException {
        if (!Files.isReadable(cpuinfo)) {
            return "unknown";
        }
        Map<String, String> first = new LinkedHashMap<>();
        try (Stream<String> lines = Files.lines(cpuinfo)) {
            lines.filter(line -> line.contains(":")).forEach(line -> {
                int colon = line.indexOf(':');
                first.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
            });
        }
        StringBuilder name = new StringBuilder(first.getOrDefault("model name", "unknown"));
        for (String field : List.of("cpu family", "model", "stepping")) {
            if (first.containsKey(field)) {
                name.append(", ").append(field.replace("cpu ", "")).append(' ').append(first.get(field));
            }
        }
        return name.toString();
    }

    /// The caches of one processor, `L1 data` → `32K` and so on, in the system's order.
    ///
    /// @return empty where the system does not list them
    static Map<String, String> caches(Path folder) throws IOException {
        Map<String, String> caches = new LinkedHashMap<>();
        for (int i = 0; Files.isReadable(folder.resolve("index" + i + "/size")); i++) {
            Path index = folder.resolve("index" + i);
            String type = Files.readString(index.resolve("type")).strip();
            String level = "L" + Files.readString(index.resolve("level")).strip();
            String name = type.equals("Unified") ? level : level + " " + type.toLowerCase(Locale.ROOT);
            caches.put(name, Files.readString(index.resolve("size")).strip());
        }
        return caches;
    }
}
