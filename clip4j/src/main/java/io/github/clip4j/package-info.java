/// CLIP in a few lines: load a checkpoint, embed images and texts, classify.
@NullMarked
package io.github.clip4j;

import org.jspecify.annotations.NullMarked;
