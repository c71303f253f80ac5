package io.github.clip4j.cli;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Locale;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// The lines of a text file, one at a time: a file of any length takes the memory of its longest line.
///
/// A byte order mark says what the file is encoded in, and is not part of its text. A line with bytes that are not text carries an error,
/// and the lines after it are read all the same.
final class TextLines implements Iterator<TextLines.Line>, Closeable {
    /// A longer line is no text of ours: a file without line ends, perhaps.
    private static final int MAX_LINE = 1 << 24;

    private static final int NO_MORE = -1;
    private static final int MALFORMED = -2;
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    /// What ends a line.
    enum Ends {
        /// `\n`, `\r\n` or `\r`, as Python's `open` takes them.
        ANY,
        /// `\n` alone, as JSON Lines have it.
        LINE_FEED
    }

    /// A line.
    ///
    /// @param number from 1
    /// @param text without its end; U+FFFD for what is not text
    /// @param error what is wrong with it, or null
    record Line(int number, String text, @Nullable String error) {
        boolean isBlank() {
            return error == null && text.isBlank();
        }
    }

    private final InputStream in;
    private final String name;
    private final Ends ends;
    private final Charset charset;
    private final CharsetDecoder decoder;
    private final ByteBuffer bytes = ByteBuffer.allocate(1 << 13).flip();
    private final CharBuffer chars = CharBuffer.allocate(1 << 13).flip();
    private boolean inputEnded;
    private boolean flushed;
    private @Nullable CoderResult malformed;
    private boolean isPushedBack;
    private int pushedBack; // what was read too much, if anything
    private int number;
    private @Nullable Line next;

    /// @param name what to call the file in messages
    /// @param encoding what the file is encoded in; null for UTF-8, unless its byte order mark says another
    TextLines(InputStream in, String name, Ends ends, @Nullable Charset encoding) throws IOException {
        PushbackInputStream stream = new PushbackInputStream(in, 4);
        this.in = stream;
        this.name = name;
        this.ends = ends;
        byte[] start = stream.readNBytes(4);
        Charset marked = marked(start);
        if (marked != null && encoding != null && !encoding.equals(marked) && !marked.name().startsWith(encoding.name() + "LE")
                && !marked.name().startsWith(encoding.name() + "BE")) {
            throw new IOException("%s: begins with the byte order mark of %s, but --encoding says %s; leave --encoding out"
                    .formatted(name, marked.name(), encoding.name()));
        }
        stream.unread(start);
        this.charset = marked != null ? marked : encoding != null ? encoding : StandardCharsets.UTF_8;
        this.decoder = charset.newDecoder().onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT);
        int first = read();
        if (first != BYTE_ORDER_MARK) {
            pushBack(first);
        }
        this.next = readLine();
    }

    /// The encoding that a byte order mark names, or null without one.
    private static @Nullable Charset marked(byte[] start) {
        int word = start.length < 2 ? 0 : (start[0] & 0xff) << 8 | (start[1] & 0xff);
        if (word == 0xefbb && start.length > 2 && start[2] == (byte) 0xbf) {
            return StandardCharsets.UTF_8;
        }
        boolean four = start.length == 4;
        if (word == 0xfffe) {
            return four && start[2] == 0 && start[3] == 0 ? StandardCharsets.UTF_32LE : StandardCharsets.UTF_16LE;
        }
        if (word == 0xfeff) {
            return StandardCharsets.UTF_16BE;
        }
        return word == 0 && four && start[2] == (byte) 0xfe && start[3] == (byte) 0xff ? StandardCharsets.UTF_32BE : null;
    }

    @Override
    public boolean hasNext() {
        return next != null;
    }

    /// @throws UncheckedIOException when the file cannot be read
    @Override
    public Line next() {
        Line line = next;
        if (line == null) {
            throw new NoSuchElementException();
        }
        try {
            next = readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return line;
    }

    /// What to call a line in messages.
    String where(Line line) {
        return name + ":" + line.number;
    }

    private @Nullable Line readLine() throws IOException {
        int c = read();
        if (c == NO_MORE) {
            return null;
        }
        number++;
        StringBuilder text = new StringBuilder();
        String error = null;
        for (; c != NO_MORE && c != '\n'; c = read()) {
            if (c == '\r' && ends == Ends.ANY) {
                int after = read();
                if (after != '\n') {
                    pushBack(after);
                }
                break;
            }
            if (c == MALFORMED) {
                error = "expected %s text, got bytes that are not; if the file has another encoding, name it with --encoding"
                        .formatted(charset.name());
                text.append('\uFFFD');
            } else if (text.length() >= MAX_LINE) {
                error = String.format(Locale.ROOT, "expected at most %,d characters in a line, got more", MAX_LINE);
            } else {
                text.append((char) c);
            }
            if (c == 0 && error == null) {
                error = "expected text, got a NUL character; if the file is UTF-16, say --encoding UTF-16LE or UTF-16BE";
            }
        }
        return new Line(number, text.toString(), error);
    }

    private void pushBack(int c) {
        pushedBack = c;
        isPushedBack = true;
    }

    /// The next character, [#MALFORMED] for bytes that are not one, or [#NO_MORE].
    private int read() throws IOException {
        if (isPushedBack) {
            isPushedBack = false;
            return pushedBack;
        }
        while (true) {
            if (chars.hasRemaining()) {
                return chars.get();
            }
            CoderResult bad = malformed;
            if (bad != null) {
                malformed = null;
                bytes.position(bytes.position() + bad.length());
                return MALFORMED;
            }
            if (flushed) {
                return NO_MORE;
            }
            decode();
        }
    }

    private void decode() throws IOException {
        if (!inputEnded) {
            bytes.compact();
            int n = in.read(bytes.array(), bytes.position(), bytes.remaining());
            bytes.position(bytes.position() + Math.max(n, 0)).flip();
            inputEnded = n < 0;
        }
        chars.clear();
        CoderResult result = decoder.decode(bytes, chars, inputEnded);
        if (result.isError()) {
            malformed = result;
        } else if (inputEnded && result.isUnderflow()) {
            decoder.flush(chars);
            flushed = true;
        }
        chars.flip();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
