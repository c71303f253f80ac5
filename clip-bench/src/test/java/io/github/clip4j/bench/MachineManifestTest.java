package io.github.clip4j.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.github.clip4j.core.kernel.VectorSupport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineManifestTest {
    @Test
    void itTellsOfAJvmWithTheSameOptions() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        JsonObject with = MachineManifest.ofJvm(java, List.of("--add-modules", "jdk.incubator.vector")).getAsJsonObject();
        assertThat(with.get("kernels").getAsString()).isEqualTo(VectorSupport.describe()).startsWith("vector, "); // tests have the module
        assertThat(with.get("peakGflops1").getAsDouble()).isPositive();
        JsonObject without = MachineManifest.ofJvm(java, List.of()).getAsJsonObject();
        assertThat(without.get("kernels").getAsString()).startsWith("scalar");
        assertThat(without.has("peakGflops1")).isFalse();
    }

    @Test
    void theProcessorIsNamedWithItsModel(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("cpuinfo"), """
                processor\t: 0
                cpu family\t: 25
                model\t\t: 17
                model name\t: AMD EPYC
                stepping\t: 1

                processor\t: 1
                model name\t: another
                """);
        assertThat(MachineManifest.processor(file)).isEqualTo("AMD EPYC, family 25, model 17, stepping 1");
        assertThat(MachineManifest.processor(folder.resolve("absent"))).isEqualTo("unknown");
    }

    @Test
    void cachesAreListedByLevelAndKind(@TempDir Path folder) throws IOException {
        cache(folder, 0, "1", "Data", "32K");
        cache(folder, 1, "1", "Instruction", "32K");
        cache(folder, 2, "2", "Unified", "1024K");
        assertThat(MachineManifest.caches(folder)).hasToString("{L1 data=32K, L1 instruction=32K, L2=1024K}");
        assertThat(MachineManifest.caches(folder.resolve("absent"))).isEmpty();
    }

    private static void cache(Path folder, int index, String level, String type, String size) throws IOException {
        Path cache = Files.createDirectory(folder.resolve("index" + index));
        Files.writeString(cache.resolve("level"), level + "\n");
        Files.writeString(cache.resolve("type"), type + "\n");
        Files.writeString(cache.resolve("size"), size + "\n");
    }
}
