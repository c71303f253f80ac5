package io.github.clip4j.cli;

import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.image.ImageOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A program that a user has named for a kind of image, such as `heic=heif-convert {in} {out}`. It turns a file into one that clip4j reads.
///
/// It is run without a shell, in a folder of its own that only the user can read and that is removed afterwards. It has a limited time, and
/// what it writes a limited size.
final class ExternalDecoder {
    /// What it may write in all: as much as the greatest image file that is read.
    private static final long MAX_BYTES = 1 << 30;

    private static final String IN = "{in}";
    private static final String OUT = "{out}";
    private static final long POLL_MILLIS = 20;
    private static final int TAIL_LINES = 3;
    private static final int TAIL_BYTES = 2000;

    /// Kinds that are told from their content without doubt. A TIFF may be a camera's raw file: there the extension counts.
    private static final Set<String> SURE = Set.of("png", "jpeg", "gif", "webp", "heic", "avif", "jxl", "pdf");

    private final String kind;
    private final List<String> words;
    private final int seconds;

    private ExternalDecoder(String kind, List<String> words, int seconds) {
        this.kind = kind;
        this.words = words;
        this.seconds = seconds;
    }

    /// Reads what the user wrote.
    ///
    /// @param text `KIND=COMMAND`, where quotes hold words with spaces together
    /// @param seconds that the program has for an image
    /// @throws IllegalArgumentException when it is not such a text
    static ExternalDecoder parse(String text, int seconds) {
        int equals = text.indexOf('=');
        String kind = ImageKind.spelling(equals < 0 ? "" : text.substring(0, equals).strip());
        List<String> words = words(text.substring(equals + 1));
        if (kind.isEmpty() || words.isEmpty() || words.stream().noneMatch(word -> word.contains(IN))) {
            throw new IllegalArgumentException("expected a kind and a command with {in}, as in 'heic=heif-convert {in} {out}', got '"
                    + text + "'");
        }
        return new ExternalDecoder(kind, words, seconds);
    }

    /// Splits at spaces, except between quotes, as a shell does. A backslash is a character like any other: paths of Windows hold it.
    static List<String> words(String command) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean begun = false;
        char quote = 0;
        for (int i = 0; i < command.length(); i++) {
            char c = command.charAt(i);
            if (quote != 0 ? c == quote : c == '"' || c == '\'') {
                quote = quote != 0 ? 0 : c;
                begun = true;
            } else if (quote == 0 && Character.isWhitespace(c)) {
                if (begun) {
                    words.add(word.toString());
                    word.setLength(0);
                }
                begun = false;
            } else {
                word.append(c);
                begun = true;
            }
        }
        if (quote != 0) {
            throw new IllegalArgumentException("expected a second " + quote + " in '" + command + "'");
        }
        if (begun) {
            words.add(word.toString());
        }
        return words;
    }

    /// Whether it is named for the extension of a file.
    boolean isNamedFor(Path file) {
        return ImageKind.ofName(String.valueOf(file.getFileName())).equals(kind);
    }

    /// Whether it is for a file.
    ///
    /// @param extension of its name
    /// @param content the kind that its first bytes show; empty when they show none
    boolean isFor(String extension, String content) {
        return SURE.contains(content) ? content.equals(kind) : extension.equals(kind) || content.equals(kind);
    }

    /// Decodes bytes that have no file.
    Image decode(byte[] bytes, ImageOptions options) throws IOException {
        Path file = Files.createTempFile("clip4j-decode-", "." + kind);
        try {
            Files.write(file, bytes);
            return decode(file, options);
        } finally {
            Files.delete(file);
        }
    }

    /// Decodes a file.
    ///
    /// @throws IOException with the program's last words when it fails
    Image decode(Path file, ImageOptions options) throws IOException {
        Path folder = Files.createTempDirectory("clip4j-decode-"); // for the user alone, where the system knows such a thing
        try {
            Path stdout = folder.resolve("stdout");
            Path stderr = folder.resolve("stderr");
            Path out = Files.createDirectory(folder.resolve("out"));
            run(file, out.resolve("image.png"), folder, stdout, stderr);
            return ImageFile.read(Files.readAllBytes(result(out, stdout, stderr)), String.valueOf(file.getFileName()), options);
        } finally {
            delete(folder);
        }
    }

    private void run(Path file, Path out, Path folder, Path stdout, Path stderr) throws IOException {
        List<String> command = words.stream()
                .map(word -> word.replace(IN, file.toAbsolutePath().toString()).replace(OUT, out.toString())).toList();
        Process process;
        try {
            Path nothing = Files.createFile(folder.resolve("stdin"));
            process = new ProcessBuilder(command).redirectInput(nothing.toFile())
                    .redirectOutput(stdout.toFile()).redirectError(stderr.toFile()).start();
        } catch (IOException e) {
            throw new IOException("the decoder '%s' cannot be started: %s".formatted(command.getFirst(), e.getMessage()), e);
        }
        try {
            await(process, folder, stderr);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the decoder '%s' ran".formatted(command.getFirst()), e);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private void await(Process process, Path folder, Path stderr) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
            if (System.nanoTime() > end) {
                throw new IOException(String.format(
                        Locale.ROOT, "the decoder '%s' was ended after %d seconds%s; --decoder-seconds gives it more",
                        words.getFirst(), seconds, lastWords(stderr)));
            }
            requireSize(folder);
        }
        requireSize(folder);
        if (process.exitValue() != 0) {
            throw new IOException(String.format(
                    Locale.ROOT, "the decoder '%s' failed with exit code %d%s", words.getFirst(), process.exitValue(), lastWords(stderr)));
        }
    }

    private void requireSize(Path folder) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.toList()) {
                bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
            }
        } catch (UncheckedIOException e) {
            return; // a file went while it was looked at; the next look counts
        }
        if (bytes > MAX_BYTES) {
            throw new IOException(String.format(
                    Locale.ROOT, "the decoder '%s' was ended: expected at most %,d bytes from it, got more", words.getFirst(), MAX_BYTES));
        }
    }

    /// What the program wrote: the file that it was told, else the first one beside it, as of an image with several frames.
    private Path result(Path out, Path stdout, Path stderr) throws IOException {
        if (words.stream().noneMatch(word -> word.contains(OUT))) {
            return stdout;
        }
        try (Stream<Path> files = Files.list(out)) {
            return files.filter(Files::isRegularFile).min(Comparator.naturalOrder()).orElseThrow(() -> new IOException(
                    "the decoder '%s' wrote no image to {out}%s".formatted(words.getFirst(), lastWords(stderr))));
        }
    }

    private static String lastWords(Path stderr) {
        try {
            byte[] bytes = Files.readAllBytes(stderr);
            int from = Math.max(0, bytes.length - TAIL_BYTES);
            List<String> lines = new String(bytes, from, bytes.length - from, Charset.defaultCharset()).lines()
                    .filter(line -> !line.isBlank()).toList();
            return lines.isEmpty() ? "" : ": " + String.join(" | ", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
        } catch (IOException e) {
            return "";
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
