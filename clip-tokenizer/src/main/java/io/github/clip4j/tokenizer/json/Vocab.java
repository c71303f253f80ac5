package io.github.clip4j.tokenizer.json;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Tokens and their ids. Immutable once filled.
final class Vocab {
    private final Map<String, Integer> ids;
    private final Map<Integer, String> tokens;

    /// @param ids no id twice
    Vocab(Map<String, Integer> ids) {
        this.ids = ids;
        this.tokens = HashMap.newHashMap(ids.size());
        ids.forEach((token, id) -> tokens.put(id, token));
    }

    /// The id of a token, or −1.
    int id(String token) {
        return ids.getOrDefault(token, -1);
    }

    @Nullable String token(int id) {
        return tokens.get(id);
    }

    int size() {
        return ids.size();
    }

    Map<String, Integer> ids() {
        return ids;
    }
}
