package io.github.clip4j.testkit;

import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// JSON documents with one to three words changed.
public final class JsonMutations {
    /// A name, a number, a string or another word of a document.
    private static final Pattern WORD = Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\"|-?[0-9.eE+-]+|true|false|null|[\\[\\]{},:]");

    private static final List<String> VALUES = List.of(
            "0", "1", "-1", "3", "64", "2147483647", "2147483648", "9223372036854775807", "1e308", "0.0", "1e-400", "null", "true",
            "false", "\"\"", "\"clip\"", "\"gelu\"", "[]", "{}", "[1, 1]", "[0.5, 0.5, 0.5]", "{\"shortest_edge\": 0}", "\"size\"",
            "\"image_processor\"");
    private static final List<String> BROKEN = List.of("[[", ",", "}", "", "\"");

    private JsonMutations() {}

    /// The document with words exchanged for others of it, or for such as programs err at; one document in eight is not JSON any more. Half
    /// of the changes are among the first and last two hundred words: a vocabulary or a list of merges has all the others.
    public static String next(String json, SplittableRandom random) {
        String text = json;
        for (int n = random.nextInt(1, 4); n > 0; n--) {
            List<MatchResult> words = WORD.matcher(text).results().toList();
            MatchResult at = words.get(place(words.size(), random));
            String other = words.get(place(words.size(), random)).group();
            String word = random.nextInt(3) == 0 ? other : VALUES.get(random.nextInt(VALUES.size()));
            if (random.nextInt(16) == 0) {
                word = BROKEN.get(random.nextInt(BROKEN.size()));
            } else if (isPunctuation(at.group()) || isPunctuation(word) || (isName(text, at) && !word.startsWith("\""))) {
                n++; // another try
                continue;
            }
            text = text.substring(0, at.start()) + word + text.substring(at.end());
        }
        return text;
    }

    private static boolean isPunctuation(String word) {
        return word.length() == 1 && "[]{},:".contains(word);
    }

    private static boolean isName(String text, MatchResult word) {
        int at = word.end();
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at < text.length() && text.charAt(at) == ':';
    }

    private static int place(int size, SplittableRandom random) {
        int end = Math.min(size, 200);
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(end);
            case 1 -> size - 1 - random.nextInt(end);
            default -> random.nextInt(size);
        };
    }
}
