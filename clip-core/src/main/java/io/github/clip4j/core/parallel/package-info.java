/// Fixed ranges of work over a small pool of threads.
@NullMarked
package io.github.clip4j.core.parallel;

import org.jspecify.annotations.NullMarked;
