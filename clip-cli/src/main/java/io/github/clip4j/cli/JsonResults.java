package io.github.clip4j.cli;

import com.google.gson.JsonObject;
import java.io.IOException;

/// A JSON document on one line, `{…,"results":[…]}`, that is printed result by result: a list of any length takes the memory of one.
final class JsonResults {
    private final Streams streams;
    private final JsonObject head;
    private boolean begun;

    /// @param head what stands before the results; at least one property
    JsonResults(Streams streams, JsonObject head) {
        this.streams = streams;
        this.head = head;
    }

    void add(JsonObject result) throws IOException {
        String separator = begun ? "," : start();
        streams.out().print(separator + Output.json(result));
        streams.requireOpen();
    }

    private String start() {
        begun = true;
        String text = Output.json(head);
        return text.substring(0, text.length() - 1) + ",\"results\":[";
    }

    void end() throws IOException {
        streams.out().println((begun ? "" : start()) + "]}");
        streams.requireOpen();
    }
}
