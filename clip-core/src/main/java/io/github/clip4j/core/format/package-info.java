/// Bytes and files as the readers of weight formats see them: on a disk, in an archive, or in memory.
@NullMarked
package io.github.clip4j.core.format;

import org.jspecify.annotations.NullMarked;
