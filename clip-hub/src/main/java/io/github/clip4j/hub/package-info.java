/// Downloads published checkpoints, when asked to, into the cache that Hugging Face's own tools use.
@NullMarked
package io.github.clip4j.hub;

import org.jspecify.annotations.NullMarked;
