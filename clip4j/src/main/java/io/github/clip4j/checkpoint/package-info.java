/// Checkpoints as they are published: which files they hold, and what the files mean. [io.github.clip4j.checkpoint.Checkpoint] answers for
/// all of them.
@NullMarked
package io.github.clip4j.checkpoint;

import org.jspecify.annotations.NullMarked;
