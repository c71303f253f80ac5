package io.github.clip4j.spark;

import java.io.Serializable;
import java.util.ArrayList;

/// What a search has found so far: the best rows for each query, and which rows could not be compared with them.
final class Found implements Serializable {
    private static final long serialVersionUID = 1;

    /// So many of the rows that could not be compared are named.
    private static final int NAMED = 3;

    private final TopK[] best;
    private final ArrayList<String> reasons = new ArrayList<>();
    private long compared;
    private long unfit;

    Found(int queries, int top) {
        this.best = TopK.empty(queries, top);
    }

    /// The best rows for each query.
    TopK[] best() {
        return best;
    }

    /// Counts a row that was compared.
    void addCompared() {
        compared++;
    }

    /// Counts a row that could not be compared.
    ///
    /// @param reason with the name of the row
    void addUnfit(String reason) {
        unfit++;
        name(reason);
    }

    private void name(String reason) {
        if (reasons.size() < NAMED) {
            reasons.add(reason);
        }
    }

    /// Adds all that another part of the rows gave.
    Found add(Found other) {
        TopK.add(best, other.best);
        compared += other.compared;
        unfit += other.unfit;
        other.reasons.forEach(this::name);
        return this;
    }

    /// How many rows were compared.
    long compared() {
        return compared;
    }

    /// How many rows could not be compared.
    long unfit() {
        return unfit;
    }

    /// The first of these rows, with what is wrong with each.
    String reasons() {
        return String.join("; ", reasons) + (unfit > reasons.size() ? "; …" : "");
    }
}
