/// JMH benchmarks of the kernels, and the ladder from three loops to the matrix product that clip4j uses.
@NullMarked
package io.github.clip4j.bench;

import org.jspecify.annotations.NullMarked;
