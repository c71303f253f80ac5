/// Text to token ids, as CLIP's text encoder expects them.
@NullMarked
package io.github.clip4j.tokenizer;

import org.jspecify.annotations.NullMarked;
