package io.github.clip4j.cli;

import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/// How picture files are read.
final class PictureOptions {
    @Option(names = "--exif-transpose", description = "turn pictures as their EXIF orientation says; the reference implementations do not")
    private boolean upright;

    Image read(Path file) throws IOException {
        return upright ? ImageFile.readUpright(file) : ImageFile.read(file);
    }
}
