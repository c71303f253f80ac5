package io.github.clip4j.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// Finds data that tests may use but the repository does not hold.
public final class ReferenceData {
    private ReferenceData() {}

    /// The project's root directory.
    public static Path projectRoot() {
        return Path.of(System.getProperty("clip.root", "..")).toAbsolutePath().normalize();
    }

    /// The file or directory `path` of the reference data, which lies at `../shared/data` from the project's root or where the system
    /// property `clip.referenceData` points. Where it is absent the calling test is skipped, and says so.
    public static Path require(String path) {
        String property = System.getProperty("clip.referenceData");
        Path root = property != null ? Path.of(property) : projectRoot().resolve("../shared/data").normalize();
        Path file = root.resolve(path);
        Assumptions.assumeTrue(Files.exists(file), () -> "skipped: no reference data at " + file + " (set -Dclip.referenceData)");
        return file;
    }
}
