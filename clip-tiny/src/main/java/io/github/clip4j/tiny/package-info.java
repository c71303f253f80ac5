/// The embedded demonstration model.
@NullMarked
package io.github.clip4j.tiny;

import org.jspecify.annotations.NullMarked;
