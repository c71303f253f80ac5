/// The operations of a transformer over [io.github.clip4j.core.Tensor]s: they check their arguments, choose the kernel, and share the work.
@NullMarked
package io.github.clip4j.core.ops;

import org.jspecify.annotations.NullMarked;
