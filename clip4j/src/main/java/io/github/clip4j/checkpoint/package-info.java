/// Checkpoint directories as they are published: which files they hold, and what the files mean.
@NullMarked
package io.github.clip4j.checkpoint;

import org.jspecify.annotations.NullMarked;
