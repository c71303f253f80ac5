/// Writes the files that the library reads.
@NullMarked
package io.github.clip4j.tools;

import org.jspecify.annotations.NullMarked;
