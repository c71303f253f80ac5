package io.github.clip4j.core.format;

import io.github.clip4j.core.weights.WeightFormatException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/// The directory at the end of a zip archive (PKWARE APPNOTE.TXT, sections 4.3.6 to 4.3.16 and 4.5.3), read from any [ByteSource]: the
/// JDK's reader needs a file on a disk, and its file system unpacks what it opens. Stored entries are read in place.
///
/// ```
/// PK\3\4 name data   PK\3\4 name data …   PK\1\2 name offset   PK\1\2 …   PK\5\6 where the directory begins   comment
/// ```
public final class ZipDirectory {
    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END_64 = 0x06064b50;
    private static final int LOCATOR_64 = 0x07064b50;
    private static final int LOCAL_BYTES = 30;
    private static final int CENTRAL_BYTES = 46;
    private static final int END_BYTES = 22;
    private static final int END_64_BYTES = 56;
    private static final int LOCATOR_64_BYTES = 20;
    private static final int MAX_COMMENT = 0xFFFF;
    private static final long IN_ZIP_64 = 0xFFFF_FFFFL;
    private static final int STORED = 0;
    private static final int DEFLATED = 8;
    private static final int ENCRYPTED = 1;

    /// Real archives have some hundred bytes an entry and some thousand entries.
    private static final int MAX_DIRECTORY = 100_000_000;
    private static final int MAX_ENTRIES = 200_000;

    /// An entry that is inflated in memory has at most this size and twice that of the archive. Trained weights shrink by a tenth, so that
    /// one which shrinks to less than a half of its archive is made to fill a memory.
    private static final long FREE_INFLATED = 16L << 20;

    private static final int INFLATED_PER_BYTE = 2;

    /// Deflate shrinks by 1032 at most: an entry that promises more is lying, and is not allocated.
    private static final long MAX_DEFLATE_RATIO = 1032;

    private final ByteSource source;
    private final List<Entry> entries;
    private final Map<String, Entry> byName = new HashMap<>();

    /// A file in the archive.
    ///
    /// @param name with `/` between folders
    /// @param stored whether its bytes are in the archive as they are
    /// @param compressed bytes in the archive
    /// @param size bytes of the file
    /// @param header where its local header begins
    public record Entry(String name, boolean stored, long compressed, long size, long header) {}

    private ZipDirectory(ByteSource source, List<Entry> entries) {
        this.source = source;
        this.entries = Collections.unmodifiableList(entries);
        entries.forEach(entry -> byName.putIfAbsent(entry.name, entry));
    }

    /// Whether bytes begin as a zip archive with a file in it does.
    public static boolean isZip(byte[] start) {
        return start.length > 3 && start[0] == 'P' && start[1] == 'K' && start[2] == 3 && start[3] == 4;
    }

    /// Reads the directory of an archive. Its content stays where it is.
    ///
    /// @throws WeightFormatException when it is not a complete archive
    public static ZipDirectory read(ByteSource source) throws IOException {
        End end = end(source);
        byte[] bytes = source.bytes(end.position, (int) end.bytes);
        ByteBuffer directory = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        List<Entry> entries = new ArrayList<>();
        while (directory.hasRemaining()) {
            if (directory.remaining() < CENTRAL_BYTES || directory.getInt(directory.position()) != CENTRAL) {
                throw damaged(source, "its directory ends within an entry");
            }
            if (entries.size() == MAX_ENTRIES) {
                throw damaged(source, "it has more than %,d entries".formatted(MAX_ENTRIES));
            }
            entries.add(entry(source, directory, end.base));
        }
        if (entries.size() != end.entries) {
            throw damaged(source, "it says that it has %,d entries, its directory has %,d".formatted(end.entries, entries.size()));
        }
        requireApart(source, entries);
        return new ZipDirectory(source, entries);
    }

    /// Entries that share bytes make a small archive say that it is a large one.
    private static void requireApart(ByteSource source, List<Entry> entries) throws WeightFormatException {
        List<Entry> sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.comparingLong(Entry::header));
        for (int i = 1; i < sorted.size(); i++) {
            Entry before = sorted.get(i - 1);
            if (sorted.get(i).header - before.header < LOCAL_BYTES + before.compressed) {
                throw damaged(source, "the entries %s and %s share bytes"
                        .formatted(Excerpt.of(before.name), Excerpt.of(sorted.get(i).name)));
            }
        }
    }

    private static WeightFormatException damaged(ByteSource source, String what) {
        return new WeightFormatException("%s: expected a complete zip archive: %s".formatted(source.name(), what));
    }

    /// Where the directory is.
    ///
    /// @param base where the archive begins, which may follow other bytes
    private record End(long position, long bytes, long entries, long base) {}

    /// The last record of the archive; a comment of unknown length may follow it.
    private static End end(ByteSource source) throws IOException {
        long size = source.size();
        int tail = (int) Math.min(size, END_BYTES + MAX_COMMENT);
        ByteBuffer bytes = ByteBuffer.wrap(source.bytes(size - tail, tail)).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = tail - END_BYTES; at >= 0; at--) {
            if (bytes.getInt(at) != END || at + END_BYTES + (bytes.getShort(at + 20) & 0xFFFF) > tail) {
                continue;
            }
            long position = size - tail + at;
            Optional<End> large = end64(source, position);
            if (large.isPresent()) {
                return large.get();
            }
            long entries = bytes.getShort(at + 10) & 0xFFFF;
            long length = bytes.getInt(at + 12) & IN_ZIP_64;
            long offset = bytes.getInt(at + 16) & IN_ZIP_64;
            if (length <= position && length <= MAX_DIRECTORY && offset <= position - length) {
                return new End(position - length, length, entries, position - length - offset);
            }
        }
        throw damaged(source, "there is no directory at its end; is it cut short?");
    }

    /// The record of archives beyond 4 GiB or 65,535 entries; PyTorch writes it into every archive.
    private static Optional<End> end64(ByteSource source, long end) throws IOException {
        if (end < LOCATOR_64_BYTES + END_64_BYTES) {
            return Optional.empty();
        }
        ByteBuffer locator = ByteBuffer.wrap(source.bytes(end - LOCATOR_64_BYTES, LOCATOR_64_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        if (locator.getInt(0) != LOCATOR_64) {
            return Optional.empty();
        }
        long position = end - LOCATOR_64_BYTES - END_64_BYTES; // without the extensible part, which nobody writes
        ByteBuffer record = ByteBuffer.wrap(source.bytes(position, END_64_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        long entries = record.getLong(32);
        long length = record.getLong(40);
        long offset = record.getLong(48);
        if (record.getInt(0) != END_64 || length < 0 || length > Math.min(position, MAX_DIRECTORY) || offset < 0
                || offset > position - length) {
            throw damaged(source, "its 64-bit end record points outside of it");
        }
        return Optional.of(new End(position - length, length, entries, position - length - offset));
    }

    /// The entry at the buffer's position, which is moved to the next.
    private static Entry entry(ByteSource source, ByteBuffer directory, long base) throws WeightFormatException {
        int at = directory.position();
        int flags = directory.getShort(at + 8);
        int method = directory.getShort(at + 10) & 0xFFFF;
        long[] fields = { // in the order of their 64-bit forms
            directory.getInt(at + 24) & IN_ZIP_64, directory.getInt(at + 20) & IN_ZIP_64, directory.getInt(at + 42) & IN_ZIP_64
        };
        int nameBytes = directory.getShort(at + 28) & 0xFFFF;
        int extraBytes = directory.getShort(at + 30) & 0xFFFF;
        int commentBytes = directory.getShort(at + 32) & 0xFFFF;
        if (directory.remaining() < CENTRAL_BYTES + nameBytes + extraBytes + commentBytes) {
            throw damaged(source, "its directory ends within an entry");
        }
        byte[] utf8 = new byte[nameBytes];
        directory.get(at + CENTRAL_BYTES, utf8);
        String name = new String(utf8, StandardCharsets.UTF_8);
        readZip64(directory.slice(at + CENTRAL_BYTES + nameBytes, extraBytes).order(ByteOrder.LITTLE_ENDIAN), fields);
        directory.position(at + CENTRAL_BYTES + nameBytes + extraBytes + commentBytes);
        if ((flags & ENCRYPTED) != 0 || (method != STORED && method != DEFLATED)) {
            throw new WeightFormatException("%s!%s: expected an entry that is stored or deflated, and not encrypted, got method %d"
                    .formatted(source.name(), Excerpt.of(name), method));
        }
        long size = fields[0];
        long compressed = fields[1];
        if (size < 0 || compressed < 0 || fields[2] < 0 || fields[2] > Long.MAX_VALUE / 2) {
            throw damaged(source, "the entry " + Excerpt.of(name) + " has a negative size");
        }
        if (method == STORED ? size != compressed : size / MAX_DEFLATE_RATIO > Math.max(1, compressed)) {
            throw new WeightFormatException("%s!%s: expected at most %,d bytes from %,d %s ones, got %,d".formatted(
                    source.name(), Excerpt.of(name), method == STORED ? compressed : MAX_DEFLATE_RATIO * Math.max(1, compressed),
                            compressed,
                    method == STORED ? "stored" : "compressed", size));
        }
        return new Entry(name, method == STORED, compressed, size, base + fields[2]);
    }

    /// The extra field 1 has the values that do not fit in 32 bits, in the order uncompressed, compressed, offset.
    private static void readZip64(ByteBuffer extra, long[] fields) {
        while (extra.remaining() >= 4) {
            int id = extra.getShort() & 0xFFFF;
            int length = Math.min(extra.getShort() & 0xFFFF, extra.remaining());
            ByteBuffer body = extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
            extra.position(extra.position() + length);
            for (int i = 0; id == 1 && i < fields.length; i++) {
                if (fields[i] == IN_ZIP_64 && body.remaining() >= Long.BYTES) {
                    fields[i] = body.getLong();
                }
            }
        }
    }

    /// All entries, in the order of the directory; folders end with `/`, and a name may be there twice.
    public List<Entry> entries() {
        return entries;
    }

    /// The first entry of that name.
    public Optional<Entry> entry(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    /// What to call an entry in messages.
    public String where(Entry entry) {
        return source.name() + "!" + Excerpt.of(entry.name);
    }

    /// The content of an entry: in place when it is stored, else inflated into memory.
    ///
    /// @throws WeightFormatException when it is damaged, or has to be inflated and has more than 2 GiB
    public ByteSource open(Entry entry) throws IOException {
        String file = entry.name.substring(entry.name.lastIndexOf('/') + 1);
        if (entry.stored) {
            return source.part(file, position(entry), entry.size);
        }
        if (entry.size > ByteSource.MAX_ARRAY) {
            throw ByteSource.tooLarge(where(entry), entry.size);
        }
        long most = FREE_INFLATED + INFLATED_PER_BYTE * source.size();
        if (entry.size > most) {
            throw new WeightFormatException(("%s: expected at most %,d bytes once unpacked, from an archive of %,d, got %,d; unpack the "
                    + "archive to a directory, and load that").formatted(where(entry), most, source.size(), entry.size));
        }
        try (InputStream in = stream(entry)) {
            byte[] bytes = new byte[(int) entry.size];
            int count = in.readNBytes(bytes, 0, bytes.length);
            if (count < entry.size || in.read() >= 0) {
                throw new WeightFormatException("%s: expected %,d bytes, got %s".formatted(
                        where(entry), entry.size, count < entry.size ? "%,d".formatted(count) : "more"));
            }
            return ByteSource.of(file, bytes);
        } catch (IOException e) {
            if (e instanceof WeightFormatException) {
                throw e;
            }
            throw new WeightFormatException("%s: damaged: %s".formatted(where(entry), e.getMessage()), e);
        }
    }

    /// The content of an entry from its beginning.
    ///
    /// @throws WeightFormatException when its local header is damaged
    public InputStream stream(Entry entry) throws IOException {
        InputStream raw = source.stream(position(entry), entry.compressed);
        return entry.stored ? raw : new Inflating(raw, Math.clamp(entry.compressed, 1, 1 << 13));
    }

    /// Where the bytes of an entry begin: after its local header, whose extra field may differ from the directory's.
    private long position(Entry entry) throws IOException {
        if (entry.header > source.size() - LOCAL_BYTES) {
            throw new WeightFormatException(where(entry) + ": expected its local header within the archive; is it cut short?");
        }
        ByteBuffer header = ByteBuffer.wrap(source.bytes(entry.header, LOCAL_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        if (header.getInt(0) != LOCAL) {
            throw new WeightFormatException(where(entry) + ": expected a local header, got other bytes");
        }
        long position = entry.header + LOCAL_BYTES + (header.getShort(26) & 0xFFFF) + (header.getShort(28) & 0xFFFF);
        if (entry.compressed > source.size() - position) {
            throw new WeightFormatException("%s: expected %,d bytes in the archive, got %,d; is it cut short?"
                    .formatted(where(entry), entry.compressed, source.size() - position));
        }
        return position;
    }

    /// A raw deflate stream, whose inflater ends with it.
    private static final class Inflating extends FilterInputStream {
        private final Inflater inflater;

        Inflating(InputStream raw, int buffer) {
            this(raw, new Inflater(true), buffer);
        }

        private Inflating(InputStream raw, Inflater inflater, int buffer) {
            super(new InflaterInputStream(raw, inflater, buffer));
            this.inflater = inflater;
        }

        @Override
        public void close() throws IOException {
            super.close();
            inflater.end();
        }
    }
}
