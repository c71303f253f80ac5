/// CLIP's configuration, its parameters, and its two encoders.
@NullMarked
package io.github.clip4j.model;

import org.jspecify.annotations.NullMarked;
