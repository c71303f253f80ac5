package io.github.clip4j.core.format;

/// What a message quotes of a file: little, and nothing that a terminal would obey. A name in a hostile file may have a hundred million
/// characters.
public final class Excerpt {
    private static final int SHOWN = 80;

    private Excerpt() {}

    /// The first 80 characters of `text`, with `…` where it goes on and `?` for control characters.
    public static String of(String text) {
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < Math.min(text.length(), SHOWN); i++) {
            char c = text.charAt(i);
            shown.append(Character.isISOControl(c) ? '?' : c);
        }
        return text.length() > SHOWN ? shown.append('…').toString() : shown.toString();
    }
}
