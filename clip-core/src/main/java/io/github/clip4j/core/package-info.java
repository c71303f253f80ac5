/// The value types everything else speaks: [Tensor], its [Shape], and the [DType]s weights are stored in.
@NullMarked
package io.github.clip4j.core;

import org.jspecify.annotations.NullMarked;
