/// The whole of CLIP's arithmetic in one file, in plain Java: the first page to read, and what the tests compare with.
@NullMarked
package io.github.clip4j.reference;

import org.jspecify.annotations.NullMarked;
