/// Byte-pair encoding: merging the tokens of a word.
@NullMarked
package io.github.clip4j.tokenizer.bpe;

import org.jspecify.annotations.NullMarked;
