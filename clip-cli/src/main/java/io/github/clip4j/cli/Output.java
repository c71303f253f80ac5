package io.github.clip4j.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import io.github.clip4j.hub.HubProgress;
import java.io.Console;
import java.util.Locale;
import java.util.function.Consumer;

/// What several commands print: JSON, and progress.
final class Output {
    private Output() {}

    /// A document on one line. Text stays readable: no HTML escapes.
    static String json(JsonElement element) {
        return new GsonBuilder().disableHtmlEscaping().serializeNulls().create().toJson(element);
    }

    static JsonArray array(int[] values) {
        JsonArray array = new JsonArray(values.length);
        for (int value : values) {
            array.add(value);
        }
        return array;
    }

    /// A line "done of total" on standard error that overwrites itself on a terminal, and nothing elsewhere.
    static Consumer<Integer> progress(String what, int total) {
        if (total < 2 || !isTerminal()) {
            return done -> {};
        }
        return done -> {
            System.err.printf(Locale.ROOT, "\r%s %d of %d", what, done, total);
            if (done == total) {
                System.err.print("\r" + " ".repeat(what.length() + 30) + "\r");
            }
            System.err.flush();
        };
    }

    /// The same for a list whose length nobody knows: the number that is done. [Progress#end()] wipes the line.
    static Progress progress(String what) {
        return new Progress(what, isTerminal());
    }

    /// A line "what done" on a terminal.
    static final class Progress {
        private final String what;
        private final boolean shown;
        private long done;

        private Progress(String what, boolean shown) {
            this.what = what;
            this.shown = shown;
        }

        void advance(int by) {
            done += by;
            if (shown && done > 1) {
                System.err.printf(Locale.ROOT, "\r%s %d", what, done);
                System.err.flush();
            }
        }

        void end() {
            if (shown && done > 1) {
                System.err.print("\r" + " ".repeat(what.length() + 20) + "\r");
                System.err.flush();
            }
        }
    }

    /// A line with the share of a download that is done, on a terminal.
    static HubProgress bytesProgress() {
        if (!isTerminal()) {
            return (file, done, total) -> {};
        }
        return (file, done, total) -> {
            long all = total.orElse(0);
            String line = all > 0
                    ? String.format(Locale.ROOT, "\r%s %3d %% of %.1f MB", file, 100 * done / all, all / 1e6)
                    : String.format(Locale.ROOT, "\r%s %.1f MB", file, done / 1e6);
            System.err.print(line + (done == all ? System.lineSeparator() : ""));
            System.err.flush();
        };
    }

    /// A text as a message shows it: names may hold characters that move a terminal's cursor.
    static String printable(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        text.codePoints().map(c -> Character.isISOControl(c) && c != '\n' && c != '\t' ? '?' : c).forEach(shown::appendCodePoint);
        return shown.toString();
    }

    /// Whether the command talks to a person: standard input and standard output are a terminal.
    @SuppressWarnings("SystemConsoleNull") // it may be: a run-time image without jdk.internal.le has none
    static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }
}
