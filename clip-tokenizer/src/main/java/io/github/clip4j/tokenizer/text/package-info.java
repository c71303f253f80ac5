/// What all tokenizers do with characters. Not exported.
@NullMarked
package io.github.clip4j.tokenizer.text;

import org.jspecify.annotations.NullMarked;
