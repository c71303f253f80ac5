package io.github.clip4j.tokenizer.text;

import java.util.regex.Pattern;

/// Tokens that name a language and a script, such as `eng_Latn`: ISO 639-3 and ISO 15924, as FLORES-200 and NLLB's vocabulary have them.
public final class LanguageCodes {
    private static final Pattern CODE = Pattern.compile("[a-z]{3}_[A-Z][a-z]{3}");

    private LanguageCodes() {}

    /// {@return whether a token is such a code}
    ///
    /// @param token as a vocabulary has it
    public static boolean isCode(String token) {
        return CODE.matcher(token).matches();
    }
}
