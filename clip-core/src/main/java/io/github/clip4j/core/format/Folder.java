package io.github.clip4j.core.format;

import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// The files of a model by name: a directory of any file system, a zip archive, resources, or arrays. Read only: nothing is unpacked to a
/// disk.
public sealed interface Folder {
    /// What to call the folder in messages: its own name.
    String name();

    /// Whether there is a file of that name, which may have folders in it, as `weights/a.npy`.
    boolean has(String file);

    /// Whether there is a folder of that name.
    boolean hasFolder(String folder);

    /// The folder of that name in this one; empty of files when it is not there.
    Folder folder(String folder);

    /// The names of the files directly in this folder, sorted.
    List<String> files() throws IOException;

    /// Opens a file.
    ///
    /// @throws NoSuchFileException when it is not there
    /// @throws WeightFormatException when it would have to be unpacked in memory and has more than 2 GiB
    ByteSource open(String file) throws IOException;

    /// A directory of any file system.
    static Folder of(Path directory) {
        return new OfPath(directory);
    }

    /// Files in memory. The arrays are not copied.
    static Folder of(String name, Map<String, byte[]> files) {
        return new OfMap(name, "", Map.copyOf(files));
    }

    /// The files of an archive; of its only folder, when all are in one.
    static Folder of(String name, ZipDirectory zip) {
        Set<String> roots = new TreeSet<>();
        for (ZipDirectory.Entry entry : zip.entries()) {
            roots.add(entry.name().substring(0, entry.name().indexOf('/') + 1));
        }
        return new OfZip(name, roots.size() == 1 ? roots.iterator().next() : "", zip);
    }

    /// Resources of the class path. They cannot be listed: [#files()] is empty. Those in a jar are read into memory when they are opened.
    ///
    /// @param folder with `/` between its parts
    static Folder of(ClassLoader loader, String folder) {
        String plain = folder.startsWith("/") ? folder.substring(1) : folder;
        return new OfResources(plain.isEmpty() || plain.endsWith("/") ? plain : plain + "/", loader);
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static List<String> directly(Stream<String> names, String prefix) {
        return names.filter(name -> name.startsWith(prefix) && name.length() > prefix.length() && name.indexOf('/', prefix.length()) < 0)
                .map(name -> name.substring(prefix.length()))
                .sorted()
                .toList();
    }

    /// A directory.
    record OfPath(Path directory) implements Folder {
        @Override
        public String name() {
            Path own = directory.toAbsolutePath().normalize().getFileName();
            // the archive, for its root
            String name = Optional.ofNullable(own).map(Path::toString).orElse(directory.getFileSystem().toString());
            return last(name.endsWith("/") ? name.substring(0, name.length() - 1) : name);
        }

        @Override
        public boolean has(String file) {
            return Files.isRegularFile(directory.resolve(file));
        }

        @Override
        public boolean hasFolder(String folder) {
            return Files.isDirectory(directory.resolve(folder));
        }

        @Override
        public Folder folder(String folder) {
            return new OfPath(directory.resolve(folder));
        }

        @Override
        public List<String> files() throws IOException {
            try (Stream<Path> files = Files.list(directory)) {
                return files.filter(Files::isRegularFile).map(file -> String.valueOf(file.getFileName())).sorted().toList();
            }
        }

        @Override
        public ByteSource open(String file) throws IOException {
            return ByteSource.open(directory.resolve(file));
        }
    }

    /// Arrays.
    ///
    /// @param prefix of the names of its files
    record OfMap(String name, String prefix, Map<String, byte[]> all) implements Folder {
        @Override
        public boolean has(String file) {
            return all.containsKey(prefix + file);
        }

        @Override
        public boolean hasFolder(String folder) {
            return all.keySet().stream().anyMatch(file -> file.startsWith(prefix + folder + "/"));
        }

        @Override
        public Folder folder(String folder) {
            return new OfMap(folder, prefix + folder + "/", all);
        }

        @Override
        public List<String> files() {
            return directly(all.keySet().stream(), prefix);
        }

        @Override
        public ByteSource open(String file) throws IOException {
            byte[] bytes = all.get(prefix + file);
            if (bytes == null) {
                throw new NoSuchFileException(name + "/" + file);
            }
            return ByteSource.of(last(file), bytes);
        }
    }

    /// A zip archive.
    ///
    /// @param prefix of the names of its files
    record OfZip(String name, String prefix, ZipDirectory zip) implements Folder {
        @Override
        public boolean has(String file) {
            return zip.entry(prefix + file).isPresent();
        }

        @Override
        public boolean hasFolder(String folder) {
            return zip.entries().stream().anyMatch(entry -> entry.name().startsWith(prefix + folder + "/"));
        }

        @Override
        public Folder folder(String folder) {
            return new OfZip(folder, prefix + folder + "/", zip);
        }

        @Override
        public List<String> files() {
            return directly(zip.entries().stream().map(ZipDirectory.Entry::name), prefix);
        }

        @Override
        public ByteSource open(String file) throws IOException {
            ZipDirectory.Entry entry = zip.entry(prefix + file).orElseThrow(() -> new NoSuchFileException(name + "/" + file));
            return zip.open(entry);
        }
    }

    /// Resources of a class loader.
    ///
    /// @param prefix of the names of its files
    record OfResources(String prefix, ClassLoader loader) implements Folder {
        @Override
        public String name() {
            return prefix.isEmpty() ? "" : last(prefix.substring(0, prefix.length() - 1));
        }

        @Override
        public boolean has(String file) {
            return loader.getResource(prefix + file) != null;
        }

        @Override
        public boolean hasFolder(String folder) {
            return false; // what is in it could not be listed
        }

        @Override
        public Folder folder(String folder) {
            return new OfResources(prefix + folder + "/", loader);
        }

        @Override
        public List<String> files() {
            return List.of();
        }

        @Override
        public ByteSource open(String file) throws IOException {
            URL url = loader.getResource(prefix + file);
            if (url == null) {
                throw new NoSuchFileException(prefix + file + ": expected a resource of the class path, got none");
            }
            if (url.getProtocol().equals("file")) {
                try {
                    return ByteSource.open(Path.of(url.toURI()));
                } catch (URISyntaxException e) {
                    throw new IOException(url + ": expected the address of a file", e);
                }
            }
            try (InputStream in = url.openStream()) {
                byte[] bytes = in.readNBytes((int) ByteSource.MAX_ARRAY);
                if (bytes.length == ByteSource.MAX_ARRAY) {
                    throw ByteSource.tooLarge(file, ByteSource.MAX_ARRAY);
                }
                return ByteSource.of(last(file), bytes);
            }
        }
    }
}
