package io.github.clip4j.core.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.weights.WeightFormatException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The same files in every kind of folder.
class FolderTest {
    private static final byte[] LONG = "0123456789".repeat(20_000).getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path directory = Path.of("");

    private static Map<String, byte[]> files() {
        return new TreeMap<>(
                Map.of("config.json", new byte[] {'{', '}'}, "long.bin", LONG, "weights/a.npy", new byte[] {1, 2}, "empty", new byte[0]));
    }

    private static byte[] zip(Map<String, byte[]> files, boolean stored, String prefix) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setComment("a comment, which is after the directory");
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                ZipEntry entry = new ZipEntry(prefix + file.getKey());
                if (stored) {
                    CRC32 crc = new CRC32();
                    crc.update(file.getValue());
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(file.getValue().length);
                    entry.setCrc(crc.getValue());
                }
                zip.putNextEntry(entry);
                zip.write(file.getValue());
            }
        }
        return bytes.toByteArray();
    }

    private static void assertHoldsTheFiles(Folder folder, boolean lists) throws IOException {
        assertThat(folder.has("config.json")).isTrue();
        assertThat(folder.has("weights/a.npy")).isTrue();
        assertThat(folder.has("nothing")).isFalse();
        assertThatThrownBy(() -> folder.open("nothing")).isInstanceOf(NoSuchFileException.class);
        if (lists) {
            assertThat(folder.files()).containsExactly("config.json", "empty", "long.bin");
            assertThat(folder.hasFolder("weights")).isTrue();
            assertThat(folder.hasFolder("config.json")).isFalse();
            assertThat(folder.folder("weights").files()).containsExactly("a.npy");
        }
        for (Map.Entry<String, byte[]> file : files().entrySet()) {
            try (ByteSource source = folder.open(file.getKey())) {
                assertThat(source.name()).isEqualTo(file.getKey().substring(file.getKey().lastIndexOf('/') + 1));
                assertThat(source.size()).isEqualTo(file.getValue().length);
                assertThat(source.stream(0, source.size()).readAllBytes()).isEqualTo(file.getValue());
            }
        }
        try (ByteSource source = folder.open("long.bin")) {
            assertThat(source.bytes(131_073, 70)).isEqualTo(Arrays.copyOfRange(LONG, 131_073, 131_143));
            ByteBuffer beyond = ByteBuffer.allocate(20);
            assertThat(source.read(beyond, LONG.length - 5)).as("all of 20 bytes, 5 before the end").isFalse();
            assertThat(beyond.position()).isEqualTo(5);
            assertThatThrownBy(() -> source.bytes(LONG.length - 5, 20)).isInstanceOf(WeightFormatException.class)
                    .hasMessageContaining("cut short");
        }
    }

    private void writeFiles() throws IOException {
        Files.createDirectories(directory.resolve("weights"));
        for (Map.Entry<String, byte[]> file : files().entrySet()) {
            Files.write(directory.resolve(file.getKey()), file.getValue());
        }
    }

    @Test
    void aDirectory() throws IOException {
        writeFiles();
        assertHoldsTheFiles(Folder.of(directory), true);
    }

    @Test
    void arrays() throws IOException {
        assertHoldsTheFiles(Folder.of("model", files()), true);
    }

    @ParameterizedTest
    @ValueSource(strings = {"stored", "deflated", "stored in one folder", "deflated in one folder"})
    void anArchive(String form) throws IOException {
        byte[] archive = zip(files(), form.startsWith("stored"), form.endsWith("folder") ? "model/" : "");
        ZipDirectory zip = ZipDirectory.read(ByteSource.of("m.zip", archive));
        assertHoldsTheFiles(Folder.of("m.zip", zip), true);
        Path file = Files.write(directory.resolve("m.zip"), archive);
        try (ByteSource source = ByteSource.open(file)) {
            assertHoldsTheFiles(Folder.of("m.zip", ZipDirectory.read(source)), true);
        }
        try (FileSystem system = FileSystems.newFileSystem(file)) {
            Path root = system.getPath(form.endsWith("folder") ? "/model" : "/");
            assertHoldsTheFiles(Folder.of(root), true);
            assertThat(Folder.of(root).name()).isEqualTo(form.endsWith("folder") ? "model" : "m.zip");
        }
    }

    @Test
    void resourcesInAJarAndInDirectories() throws IOException {
        Path jar = Files.write(directory.resolve("m.jar"), zip(files(), false, "models/one/"));
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
            assertHoldsTheFiles(Folder.of(loader, "models/one"), false);
            assertThat(Folder.of(loader, "/models/one/").name()).isEqualTo("one");
        }
        writeFiles();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {directory.toUri().toURL()}, null)) {
            assertHoldsTheFiles(Folder.of(loader, ""), false);
        }
    }

    /// An archive behind other bytes, as of a program that unpacks itself.
    @Test
    void anArchiveMayFollowOtherBytes() throws IOException {
        byte[] archive = zip(files(), true, "");
        byte[] both = new byte[1000 + archive.length];
        System.arraycopy(archive, 0, both, 1000, archive.length);
        assertHoldsTheFiles(Folder.of("m", ZipDirectory.read(ByteSource.of("m", both))), true);
    }

    /// One entry by hand, with its sizes in the 64-bit field: local header, data, directory, end.
    private static byte[] archive(int method, byte[] data, long size, long promised) {
        ByteBuffer out = ByteBuffer.allocate(30 + 1 + data.length + 46 + 1 + 28 + 22).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0x04034b50).putShort((short) 45).putShort((short) 0).putShort((short) method).putInt(0).putInt(0).putInt(-1).putInt(-1)
                .putShort((short) 1).putShort((short) 0).put((byte) 'a').put(data);
        int directory = out.position();
        out.putInt(0x02014b50).putShort((short) 45).putShort((short) 45).putShort((short) 0).putShort((short) method).putInt(0).putInt(0)
                .putInt(-1)
                .putInt(-1).putShort((short) 1).putShort((short) 28).putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0)
                .putInt(-1)
                .put((byte) 'a').putShort((short) 1).putShort((short) 24).putLong(size).putLong(promised).putLong(0);
        out.putInt(0x06054b50).putShort((short) 0).putShort((short) 0).putShort((short) 1).putShort((short) 1)
                .putInt(out.position() - 12 - directory).putInt(directory).putShort((short) 0);
        return out.array();
    }

    @Test
    void sizesMayHave64Bits() throws IOException {
        byte[] data = "abc".getBytes(StandardCharsets.US_ASCII);
        ZipDirectory zip = ZipDirectory.read(ByteSource.of("m.zip", archive(0, data, 3, 3)));
        assertThat(zip.open(zip.entry("a").orElseThrow()).bytes(0, 3)).isEqualTo(data);
    }

    @Test
    void whatCannotBeUnpackedInMemoryIsSaid() throws IOException {
        long size = Integer.MAX_VALUE;
        byte[] data = new byte[(int) (size / 1032) + 1];
        ZipDirectory zip = ZipDirectory.read(ByteSource.of("m.zip", archive(8, data, size, data.length)));
        assertThatThrownBy(() -> zip.open(zip.entry("a").orElseThrow())).isInstanceOf(WeightFormatException.class)
                .hasMessage("m.zip!a: expected at most 2 GiB, because it has to be unpacked in memory, got 2,147,483,647 bytes; unpack "
                        + "the archive to a "
                        + "directory, and load that");
    }

    @Test
    void liesAreRefused() throws IOException {
        byte[] data = "abc".getBytes(StandardCharsets.US_ASCII);
        assertRefused(archive(0, data, 4, 3), "expected at most 3 bytes from 3 stored ones, got 4");
        assertRefused(archive(8, data, 1L << 40, 3), "expected at most 3,096 bytes from 3 compressed ones");
        assertRefused(archive(0, data, -1, -1), "negative size");
        assertRefused(archive(12, data, 3, 3), "got method 12");
        assertRefused(new byte[100], "there is no directory at its end");
        ZipDirectory beyond = ZipDirectory.read(ByteSource.of("m.zip", archive(0, data, 1000, 1000)));
        assertThatThrownBy(() -> beyond.open(beyond.entry("a").orElseThrow()))
                .hasMessageContaining("m.zip!a: expected 1,000 bytes in the archive");
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        deflater.setInput(data);
        deflater.finish();
        byte[] compressed = new byte[100];
        int length = deflater.deflate(compressed);
        deflater.end();
        ZipDirectory shorter = ZipDirectory.read(ByteSource.of("m.zip", archive(8, Arrays.copyOf(compressed, length), 2, length)));
        assertThatThrownBy(() -> shorter.open(shorter.entry("a").orElseThrow())).hasMessage("m.zip!a: expected 2 bytes, got more");
        ZipDirectory damaged = ZipDirectory.read(ByteSource.of("m.zip", archive(8, new byte[] {-1, -1, -1}, 3, 3)));
        assertThatThrownBy(() -> damaged.open(damaged.entry("a").orElseThrow())).isInstanceOf(WeightFormatException.class)
                .hasMessageStartingWith("m.zip!a: damaged: ");
    }

    private static void assertRefused(byte[] archive, String message) {
        assertThatThrownBy(() -> ZipDirectory.read(ByteSource.of("m.zip", archive))).isInstanceOf(WeightFormatException.class)
                .hasMessageContaining(message);
    }
}
