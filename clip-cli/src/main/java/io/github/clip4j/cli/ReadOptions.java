package io.github.clip4j.cli;

import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.image.ImageOptions;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/// How image files are read.
final class ReadOptions {
    @Option(names = "--exif-transpose", description = "turn images as their EXIF orientation says; the reference implementations do not")
    private boolean upright;

    Image read(Path file) throws IOException {
        return ImageFile.read(file, ImageOptions.defaults().withUpright(upright));
    }
}
