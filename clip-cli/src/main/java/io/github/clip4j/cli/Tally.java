package io.github.clip4j.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Model.CommandSpec;

/// Counts what a command did: how many of its inputs, how many failed, and what it left out. One line says so at the end, if there is
/// something to say.
final class Tally {
    private final PrintWriter err;
    private final String what;
    private long inputs;
    private long failed;
    private final Map<String, Long> leftOut = new TreeMap<>();

    /// @param what the inputs are, in the plural
    Tally(CommandSpec spec, String what) {
        this.err = spec.commandLine().getErr();
        this.what = what;
    }

    void done() {
        inputs++;
    }

    /// Counts an input that failed, and says why.
    void failed(String message) {
        inputs++;
        failed++;
        err.println("clip: " + Output.printable(message));
    }

    /// Counts something that a folder holds and that is not an input.
    ///
    /// @param why such as "hidden"
    void leftOut(String why) {
        leftOut.merge(why, 1L, Long::sum);
    }

    /// Says what there is to say, for a command that cannot do its work without an input.
    ///
    /// @return the exit code, of failure when there was none
    int endOfSome() {
        if (inputs == 0) {
            err.println("clip: expected " + what + ", got none");
        }
        int code = end();
        return inputs == 0 ? ClipCommand.FAILED : code;
    }

    /// Says what there is to say.
    ///
    /// @return the exit code
    int end() {
        List<String> parts = new ArrayList<>();
        if (failed > 0) {
            parts.add(String.format(Locale.ROOT, "%d of %d %s failed", failed, inputs, what));
        } else if (!leftOut.isEmpty()) {
            parts.add(String.format(Locale.ROOT, "%d %s", inputs, what));
        }
        leftOut.forEach((why, count) -> parts.add(String.format(Locale.ROOT, "left out: %d %s", count, why)));
        if (!parts.isEmpty()) {
            err.println("clip: " + String.join("; ", parts));
        }
        return failed == 0 ? ClipCommand.DONE : ClipCommand.FAILED;
    }
}
