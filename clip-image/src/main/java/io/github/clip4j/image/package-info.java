/// Images, and how the reference implementations prepare them for the encoder, pixel for pixel.
@NullMarked
package io.github.clip4j.image;

import org.jspecify.annotations.NullMarked;
