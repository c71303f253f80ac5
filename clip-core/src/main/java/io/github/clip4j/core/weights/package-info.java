/// Named tensors as a model sees them, whatever file they come from.
@NullMarked
package io.github.clip4j.core.weights;

import org.jspecify.annotations.NullMarked;
