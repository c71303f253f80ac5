package io.github.clip4j.cli;

import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.image.ImageOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// How image files are read.
final class ReadOptions {
    /// What commands say of their images.
    static final String DESCRIPTION = "image files; folders, with all folders below them; - for standard input";

    private static final int FILE_KIND = 0170000; // S_IFMT, S_IFCHR and S_IFBLK of POSIX's stat
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int BLOCK_DEVICE = 0060000;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--exif-transpose", description = "turn images as their EXIF orientation says; the reference implementations do not")
    private boolean upright;

    @Option(names = "--partial", description = "read images that are cut short or damaged as far as they go, with a warning for each")
    private boolean partial;

    @Option(
            names = "--decoder",
            paramLabel = "KIND=COMMAND",
            description =
                    "a program that turns a kind of image, such as heic, into one that is read: 'heic=heif-convert {in} {out}'; "
                    + "without {out} the program's standard output is the image; repeatable. It is run without a shell")
    private List<String> decoders = new ArrayList<>();

    @Option(names = "--decoder-seconds", paramLabel = "S", description = "the time that such a program has for an image; 60 unless given")
    private int seconds = 60;

    private volatile List<ExternalDecoder> parsed = List.of();

    /// Checks the options before anything is done.
    void check() {
        if (seconds < 1) {
            throw new ParameterException(spec.commandLine(), "--decoder-seconds: expected at least 1, got " + seconds);
        }
        try {
            parsed = decoders.stream().map(text -> ExternalDecoder.parse(text, seconds)).toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--decoder: " + e.getMessage(), e);
        }
    }

    /// The images that arguments name.
    Iterator<ImageItem> items(List<String> arguments, Tally tally) {
        return items(arguments, Set.of(), tally);
    }

    /// @param excluded the names of folders that are left out
    Iterator<ImageItem> items(List<String> arguments, Set<String> excluded, Tally tally) {
        Predicate<Path> hasDecoder =
                parsed.isEmpty() ? file -> false : file -> parsed.stream().anyMatch(decoder -> decoder.isNamedFor(file));
        return new ImageItems(arguments, hasDecoder, excluded, tally);
    }

    /// Reads the one image that an argument names.
    ///
    /// @throws IOException which names it, when it cannot be read, or is a folder
    Image readOne(String argument) throws IOException {
        ImageItem item = argument.equals(TextOptions.STANDARD)
                ? ImageItem.standardInput(argument) : ImageItem.file(argument, FileNames.path(argument));
        if (item.path() != null && Files.isDirectory(item.path())) {
            throw new IOException(argument + ": expected an image file, got a folder");
        }
        try {
            return read(item);
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(item.message(e), e);
        }
    }

    /// Reads an image, with the decoder that the user has named for its kind if there is one.
    Image read(ImageItem item) throws IOException {
        Image image = read(item, ImageOptions.defaults().withUpright(upright).withPartial(partial));
        image.damage().ifPresent(damage -> spec.commandLine().getErr().println(
                "clip: warning: " + Output.printable(item.name() + ": read as far as it goes: " + damage)));
        return image;
    }

    private Image read(ImageItem item, ImageOptions options) throws IOException {
        Path path = item.path();
        if (path == null) {
            InputStream in = Streams.of(spec).in();
            if (parsed.isEmpty()) {
                return ImageFile.read(in, "standard input", options);
            }
            byte[] bytes = in.readAllBytes();
            for (ExternalDecoder decoder : parsed) {
                if (decoder.isFor("", ImageKind.ofContent(bytes))) {
                    return decoder.decode(bytes, options);
                }
            }
            return ImageFile.read(bytes, "standard input", options);
        }
        if (isDevice(path)) {
            throw new IOException(item.name() + ": expected an image file, got a device");
        }
        if (!parsed.isEmpty()) {
            String content = ImageKind.ofContent(path);
            String extension = ImageKind.ofName(item.name());
            for (ExternalDecoder decoder : parsed) {
                if (decoder.isFor(extension, content)) {
                    return decoder.decode(path, options);
                }
            }
        }
        return ImageFile.read(path, options);
    }

    /// Whether a path is a character or block device, such as `/dev/zero`, which may never end. A pipe is read: a shell makes them of
    /// commands.
    private static boolean isDevice(Path path) throws IOException {
        if (!Files.exists(path) || !path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return false;
        }
        int kind = (int) Files.getAttribute(path, "unix:mode") & FILE_KIND;
        return kind == CHARACTER_DEVICE || kind == BLOCK_DEVICE;
    }
}
