/// What the small files beside a vocabulary say of its tokens.
@NullMarked
package io.github.clip4j.tokenizer.declared;

import org.jspecify.annotations.NullMarked;
