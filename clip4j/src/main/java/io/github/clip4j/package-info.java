/// CLIP in a few lines: load a checkpoint, embed pictures and texts, classify.
@NullMarked
package io.github.clip4j;

import org.jspecify.annotations.NullMarked;
